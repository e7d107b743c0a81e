// Ids: the hook counts within its frame, the bridge tells frames apart.

import type { Id } from "../contract.ts";

/** Ids of one frame stay below; a page that makes more than that gets no further ones. */
export const MAX_LOCAL_ID = 1_000_000;

/** The id in the inventory of what has the id `local` in a frame. */
export const pageId = (frame: Id, local: number): Id => frame * MAX_LOCAL_ID + local;
/** Where an id of the inventory belongs. */
export const frameOf = (id: Id): Id => Math.floor(id / MAX_LOCAL_ID);
export const localOf = (id: Id): number => id % MAX_LOCAL_ID;

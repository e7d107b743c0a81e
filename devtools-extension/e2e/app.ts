// The app's own word on what it shows (`state_json`), as far as the tests ask.

export interface AppState {
  state: { language?: string };
  open: { name: string; bytes: number; "build-id": string } | null;
  page: { modules: number; memories: number; attached: number | null } | null;
  live: { engine: string; memories: number[]; pages: number; moments: number } | null;
  notices: string[];
  busy: boolean;
}

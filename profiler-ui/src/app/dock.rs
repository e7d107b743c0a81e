//! How the views are docked, and remembered.

use std::collections::HashMap;

use egui::{Rect, Response};
use egui_tiles::{Behavior, Tile, TileId, Tiles, Tree, UiResponse};
use serde_json::Value;

use crate::context::Context;
use crate::views::{ViewId, Views};

/// The docked views.
pub(super) struct Dock {
    tree: Tree<ViewId>,
    /// Where the views are that were drawn last.
    rects: HashMap<ViewId, Rect>,
}

impl Dock {
    /// As it was saved, or as at first.
    pub(super) fn new(saved: Option<&Value>) -> Dock {
        let saved = saved.and_then(|saved| serde_json::from_value::<Tree<ViewId>>(saved.clone()).ok());
        let tree = saved.filter(|tree| tree.root().is_some()).unwrap_or_else(first_layout);
        Dock { tree, rects: HashMap::new() }
    }

    /// As at first, with the page that is inspected before the rest.
    pub(super) fn panel() -> Dock {
        let views = [ViewId::Page].iter().chain(ViewId::ALL).copied().collect();
        Dock { tree: Tree::new_tabs(egui::Id::unique("views"), views), rects: HashMap::new() }
    }

    /// For the state.
    fn save(&self) -> Option<Value> {
        serde_json::to_value(&self.tree).ok()
    }

    /// Brings a view to the front, also one that was closed.
    pub(super) fn show(&mut self, view: ViewId) {
        if self.tree.tiles.find_pane(&view).is_none() {
            let pane = self.tree.tiles.insert_pane(view);
            match self.tree.root() {
                Some(root) => self.tree.move_tile_to_container(pane, root, usize::MAX, false),
                None => self.tree.root = Some(self.tree.tiles.insert_tab_tile(vec![pane])),
            }
        }
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(of) if *of == view));
    }

    /// Where a view is, if it is in front.
    pub(super) fn rect(&self, view: ViewId) -> Option<Rect> {
        self.rects.get(&view).copied()
    }

    /// Draws the views.
    pub(super) fn ui(&mut self, views: &mut Views, context: &mut Context<'_>, ui: &mut egui::Ui) {
        self.rects.clear();
        let mut panes = Panes { views, context, rects: &mut self.rects, was_edited: false };
        self.tree.ui(&mut panes, ui);
        let was_edited = panes.was_edited;
        if was_edited {
            context.state.layout = self.save();
        }
    }
}

fn first_layout() -> Tree<ViewId> {
    Tree::new_tabs(egui::Id::unique("views"), ViewId::ALL.to_vec())
}

struct Panes<'p, 'c> {
    views: &'p mut Views,
    context: &'p mut Context<'c>,
    rects: &'p mut HashMap<ViewId, Rect>,
    was_edited: bool,
}

impl Behavior<ViewId> for Panes<'_, '_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _: TileId, view: &mut ViewId) -> UiResponse {
        let rect = ui.max_rect();
        self.rects.insert(*view, rect);
        let was_pressed = ui.input(|input| input.pointer.any_pressed());
        if was_pressed && ui.rect_contains_pointer(rect) {
            self.context.state.focus = *view;
        }
        egui::Frame::new().inner_margin(4).show(ui, |ui| self.views.get(*view).ui(self.context, ui));
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, view: &ViewId) -> egui::WidgetText {
        self.context.text(view.text()).into()
    }

    /// Keys go to the view whose tab is pressed.
    fn on_tab_button(&mut self, tiles: &mut Tiles<ViewId>, tile: TileId, button: Response) -> Response {
        if button.clicked()
            && let Some(view) = tiles.get_pane(&tile)
        {
            self.context.state.focus = *view;
        }
        button
    }

    fn is_tab_closable(&self, _: &Tiles<ViewId>, _: TileId) -> bool {
        true
    }

    fn on_edit(&mut self, _: egui_tiles::EditAction) {
        self.was_edited = true;
    }
}

//! Values that unfold, and can be changed, watched, and shown in memory.

use dap_types::Variable;

use crate::context::{Context, Request};
use crate::model::{Asked, Selection, address_of};
use crate::strings::Text as Says;
use crate::views::ViewId;

/// A variable that is being given another value.
pub(super) struct Editing {
    /// What it is a part of.
    container: u64,
    name: String,
    typed: String,
}

/// Draws what a value consists of.
pub(super) fn children(
    context: &mut Context<'_>,
    editing: &mut Option<Editing>,
    ui: &mut egui::Ui,
    reference: u64,
    path: &str,
) {
    let Some(debuggee) = context.debuggee.as_mut() else { return };
    match debuggee.children(reference) {
        Asked::Waiting => {
            ui.spinner();
        }
        Asked::Failed(reason) => {
            ui.weak(reason);
        }
        Asked::Here(variables) if variables.is_empty() => {
            ui.weak("–");
        }
        Asked::Here(variables) => {
            for one in &variables {
                variable(context, editing, ui, Some(reference), one, &format!("{path}/{}", one.name));
            }
        }
    }
}

/// Draws a value; `container` is what it is a part of, if it can be changed there.
pub(super) fn variable(
    context: &mut Context<'_>,
    editing: &mut Option<Editing>,
    ui: &mut egui::Ui,
    container: Option<u64>,
    variable: &Variable,
    path: &str,
) {
    let is_edited = container.is_some()
        && editing.as_ref().is_some_and(|edit| Some(edit.container) == container && edit.name == variable.name);
    if is_edited {
        return edit(context, editing, ui);
    }
    let text = line(ui, variable);
    let response = if variable.variables_reference > 0 {
        // The same value is unfolded again after a step: its path is what it is known by.
        let header = egui::CollapsingHeader::new(text).id_salt(path);
        let shown = header.show(ui, |ui| children(context, editing, ui, variable.variables_reference, path));
        shown.header_response
    } else {
        ui.horizontal(|ui| {
            ui.add_space(ui.spacing().indent);
            ui.add(egui::Label::new(text).truncate().sense(egui::Sense::click()))
        })
        .inner
    };
    let ty = variable.type_.as_deref().unwrap_or_default();
    let response = response.on_hover_text(format!("{ty}\n{}", variable.value));
    if response.double_clicked() {
        *editing = begin(container, variable);
    }
    response.context_menu(|ui| menu(context, editing, ui, container, variable));
}

fn begin(container: Option<u64>, variable: &Variable) -> Option<Editing> {
    Some(Editing { container: container?, name: variable.name.clone(), typed: variable.value.clone() })
}

/// `name = value`, as much of it as there is room for.
fn line(ui: &egui::Ui, variable: &Variable) -> egui::text::LayoutJob {
    let font = egui::TextStyle::Monospace.resolve(ui.style());
    let room = (ui.available_width() / (font.size * 0.62)) as usize;
    let room = room.saturating_sub(variable.name.chars().count() + 8).max(8);
    let value = match variable.value.char_indices().nth(room) {
        Some((end, _)) => format!("{}…", variable.value.get(..end).unwrap_or_default()),
        None => variable.value.clone(),
    };
    let format = |color| egui::text::TextFormat { font_id: font.clone(), color, ..Default::default() };
    let visuals = ui.visuals();
    let mut job = egui::text::LayoutJob::default();
    job.append(&variable.name, 0.0, format(visuals.strong_text_color()));
    job.append(" = ", 0.0, format(visuals.weak_text_color()));
    job.append(&value, 0.0, format(visuals.text_color()));
    job
}

fn edit(context: &mut Context<'_>, editing: &mut Option<Editing>, ui: &mut egui::Ui) {
    let Some(edit) = editing else { return };
    let mut is_over = false;
    ui.horizontal(|ui| {
        ui.monospace(format!("{} =", edit.name));
        let response = ui.add(egui::TextEdit::singleline(&mut edit.typed).desired_width(160.0));
        let name = edit.name.clone();
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, &name));
        if response.lost_focus() {
            is_over = true;
            if ui.input(|input| input.key_pressed(egui::Key::Enter))
                && let Some(debuggee) = context.debuggee.as_mut()
            {
                debuggee.set_variable(edit.container, &edit.name, &edit.typed);
            }
        } else {
            response.request_focus();
        }
    });
    if is_over {
        *editing = None;
    }
}

fn menu(
    context: &mut Context<'_>,
    editing: &mut Option<Editing>,
    ui: &mut egui::Ui,
    container: Option<u64>,
    variable: &Variable,
) {
    if container.is_some() && ui.button(context.text(Says::SetValue)).clicked() {
        *editing = begin(container, variable);
        ui.close();
    }
    let can_watch = context.debuggee.as_ref().is_some_and(|debuggee| debuggee.can_watch());
    if let Some(container) = container
        && ui.add_enabled(can_watch, egui::Button::new(context.text(Says::StopAtChange))).clicked()
    {
        if let Some(debuggee) = context.debuggee.as_mut() {
            debuggee.watch_for_change(container, &variable.name);
        }
        ui.close();
    }
    let address = variable.memory_reference.as_deref().and_then(address_of);
    if let Some((memory, address)) = address
        && ui.button(context.text(Says::ShowInMemory)).clicked()
    {
        context.select(Selection::Memory { memory, range: address..address.saturating_add(1) });
        context.requests.push(Request::Show(ViewId::Memory));
        ui.close();
    }
    if ui.button(context.text(Says::CopyText)).clicked() {
        ui.copy_text(variable.value.clone());
        ui.close();
    }
}

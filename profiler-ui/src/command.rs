//! All that can be done: one enum gives the menus, the palette, the shortcuts and the tooltips.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::strings::Text;

/// Something that the user can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Command {
    Open,
    Compare,
    OpenSample,
    Close,
    Quit,
    ExportPng,
    ExportSvg,
    ExportJson,
    ExportCsv,
    CopyLink,
    Palette,
    Shortcuts,
    Search,
    NextMatch,
    Back,
    Forward,
    Up,
    Fit,
    SelectNothing,
    ShowSizes,
    ShowMemory,
    ShowTime,
    ShowAdvice,
    ShowCode,
    ResetLayout,
    ScaleUp,
    ScaleDown,
    ScaleReset,
    Dark,
    Light,
    SystemTheme,
}

impl Command {
    /// All, in the order of the palette.
    pub const ALL: &'static [Command] = &[
        Command::Open,
        Command::Compare,
        Command::OpenSample,
        Command::Close,
        Command::Quit,
        Command::ExportPng,
        Command::ExportSvg,
        Command::ExportJson,
        Command::ExportCsv,
        Command::CopyLink,
        Command::Palette,
        Command::Shortcuts,
        Command::Search,
        Command::NextMatch,
        Command::Back,
        Command::Forward,
        Command::Up,
        Command::Fit,
        Command::SelectNothing,
        Command::ShowSizes,
        Command::ShowMemory,
        Command::ShowTime,
        Command::ShowAdvice,
        Command::ShowCode,
        Command::ResetLayout,
        Command::ScaleUp,
        Command::ScaleDown,
        Command::ScaleReset,
        Command::Dark,
        Command::Light,
        Command::SystemTheme,
    ];

    /// What it is called.
    pub fn text(self) -> Text {
        match self {
            Command::Open => Text::Open,
            Command::Compare => Text::Compare,
            Command::OpenSample => Text::OpenSample,
            Command::Close => Text::Close,
            Command::Quit => Text::Quit,
            Command::ExportPng => Text::ExportPng,
            Command::ExportSvg => Text::ExportSvg,
            Command::ExportJson => Text::ExportJson,
            Command::ExportCsv => Text::ExportCsv,
            Command::CopyLink => Text::CopyLink,
            Command::Palette => Text::Palette,
            Command::Shortcuts => Text::Shortcuts,
            Command::Search => Text::Search,
            Command::NextMatch => Text::NextMatch,
            Command::Back => Text::Back,
            Command::Forward => Text::Forward,
            Command::Up => Text::Up,
            Command::Fit => Text::Fit,
            Command::SelectNothing => Text::SelectNothing,
            Command::ShowSizes => Text::Sizes,
            Command::ShowMemory => Text::Memory,
            Command::ShowTime => Text::Time,
            Command::ShowAdvice => Text::Advice,
            Command::ShowCode => Text::Code,
            Command::ResetLayout => Text::ResetLayout,
            Command::ScaleUp => Text::ScaleUp,
            Command::ScaleDown => Text::ScaleDown,
            Command::ScaleReset => Text::ScaleReset,
            Command::Dark => Text::Dark,
            Command::Light => Text::Light,
            Command::SystemTheme => Text::System,
        }
    }

    /// The key that asks for it.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        let plain = |key| Some(KeyboardShortcut::new(Modifiers::NONE, key));
        let command = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
        let alt = |key| Some(KeyboardShortcut::new(Modifiers::ALT, key));
        match self {
            Command::Open => command(Key::O),
            Command::Compare => Some(KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::O)),
            Command::Quit => command(Key::Q),
            Command::CopyLink => command(Key::L),
            Command::Palette => command(Key::P),
            Command::Shortcuts => plain(Key::Questionmark),
            Command::Search => command(Key::F),
            Command::NextMatch => plain(Key::F3),
            Command::Back => alt(Key::ArrowLeft),
            Command::Forward => alt(Key::ArrowRight),
            Command::Up => plain(Key::Backspace),
            Command::Fit => plain(Key::Num0),
            Command::SelectNothing => plain(Key::Escape),
            Command::ShowSizes => alt(Key::Num1),
            Command::ShowMemory => alt(Key::Num2),
            Command::ShowTime => alt(Key::Num3),
            Command::ShowAdvice => alt(Key::Num4),
            Command::ShowCode => alt(Key::Num6),
            Command::ScaleUp => command(Key::Plus),
            Command::ScaleDown => command(Key::Minus),
            Command::ScaleReset => command(Key::Num0),
            Command::OpenSample
            | Command::Close
            | Command::ExportPng
            | Command::ExportSvg
            | Command::ExportJson
            | Command::ExportCsv
            | Command::ResetLayout
            | Command::Dark
            | Command::Light
            | Command::SystemTheme => None,
        }
    }

    /// The command whose key was pressed, if any. Plain keys are left to a text that is being typed.
    pub fn pressed(ctx: &egui::Context) -> Option<Command> {
        let is_typing = ctx.text_edit_focused();
        Command::ALL.iter().copied().find(|command| {
            command.shortcut().is_some_and(|shortcut| {
                let is_plain = shortcut.modifiers == Modifiers::NONE;
                !(is_plain && is_typing) && ctx.input_mut(|input| input.consume_shortcut(&shortcut))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_key() {
        let keys: Vec<_> = Command::ALL.iter().filter_map(|command| command.shortcut()).collect();
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{key:?}");
        }
    }
}

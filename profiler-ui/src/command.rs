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
    ShowDebugger,
    ShowCode,
    Apply,
    TakeBack,
    SaveCopy,
    Debug,
    AttachDebugger,
    Continue,
    RunToMain,
    Pause,
    StepOver,
    StepIn,
    StepOut,
    StepBack,
    ReverseContinue,
    ToggleBreakpoint,
    RestartProgram,
    LeaveProgram,
    ShowPage,
    ReloadWithHook,
    ReloadAndCount,
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
        Command::ShowDebugger,
        Command::ShowCode,
        Command::Apply,
        Command::TakeBack,
        Command::SaveCopy,
        Command::Debug,
        Command::AttachDebugger,
        Command::Continue,
        Command::RunToMain,
        Command::Pause,
        Command::StepOver,
        Command::StepIn,
        Command::StepOut,
        Command::StepBack,
        Command::ReverseContinue,
        Command::ToggleBreakpoint,
        Command::RestartProgram,
        Command::LeaveProgram,
        Command::ShowPage,
        Command::ReloadWithHook,
        Command::ReloadAndCount,
        Command::ResetLayout,
        Command::ScaleUp,
        Command::ScaleDown,
        Command::ScaleReset,
        Command::Dark,
        Command::Light,
        Command::SystemTheme,
    ];

    /// Those that can be asked for here, in the order of the palette: a page has no debugger.
    pub fn available() -> impl Iterator<Item = Command> {
        Command::ALL.iter().copied().filter(|command| cfg!(not(target_arch = "wasm32")) || !command.is_of_debugger())
    }

    /// Whether it is for a page that the app is the panel of.
    pub fn is_of_page(self) -> bool {
        matches!(self, Command::ShowPage | Command::ReloadWithHook | Command::ReloadAndCount)
    }

    /// What asks for it on a keyboard, as people write it.
    pub fn key(self, ctx: &egui::Context) -> Option<String> {
        let key = self.shortcut()?;
        Some(if key.logical_key == Key::Questionmark { "?".to_string() } else { ctx.format_shortcut(&key) })
    }

    /// Whether it is for a program that is debugged.
    pub fn is_of_debugger(self) -> bool {
        matches!(
            self,
            Command::ShowDebugger
                | Command::Debug
                | Command::AttachDebugger
                | Command::Continue
                | Command::RunToMain
                | Command::Pause
                | Command::StepOver
                | Command::StepIn
                | Command::StepOut
                | Command::StepBack
                | Command::ReverseContinue
                | Command::ToggleBreakpoint
                | Command::RestartProgram
                | Command::LeaveProgram
        )
    }

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
            Command::ShowDebugger => Text::Debugger,
            Command::ShowCode => Text::Code,
            Command::Apply => Text::Apply,
            Command::TakeBack => Text::TakeBack,
            Command::SaveCopy => Text::SaveCopy,
            Command::Debug => Text::Debug,
            Command::AttachDebugger => Text::AttachDebugger,
            Command::Continue => Text::Continue,
            Command::RunToMain => Text::RunToMain,
            Command::Pause => Text::Pause,
            Command::StepOver => Text::StepOver,
            Command::StepIn => Text::StepIn,
            Command::StepOut => Text::StepOut,
            Command::StepBack => Text::StepBack,
            Command::ReverseContinue => Text::ReverseContinue,
            Command::ToggleBreakpoint => Text::ToggleBreakpoint,
            Command::RestartProgram => Text::RestartProgram,
            Command::LeaveProgram => Text::LeaveProgram,
            Command::ShowPage => Text::Page,
            Command::ResetLayout => Text::ResetLayout,
            Command::ScaleUp => Text::ScaleUp,
            Command::ScaleDown => Text::ScaleDown,
            Command::ScaleReset => Text::ScaleReset,
            Command::ReloadWithHook => Text::ReloadWithHook,
            Command::ReloadAndCount => Text::ReloadAndCount,
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
            Command::ShowDebugger => alt(Key::Num5),
            Command::ShowCode => alt(Key::Num6),
            Command::Apply => command(Key::Enter),
            Command::TakeBack => command(Key::Z),
            Command::SaveCopy => command(Key::S),
            Command::Debug => Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::F5)),
            Command::Continue => plain(Key::F5),
            Command::RunToMain => command(Key::F10),
            Command::Pause => plain(Key::F6),
            Command::ToggleBreakpoint => plain(Key::F9),
            Command::StepOver => plain(Key::F10),
            Command::StepIn => plain(Key::F11),
            Command::StepOut => Some(KeyboardShortcut::new(Modifiers::SHIFT, Key::F11)),
            Command::StepBack => alt(Key::F10),
            Command::ReverseContinue => alt(Key::F5),
            Command::LeaveProgram => Some(KeyboardShortcut::new(Modifiers::SHIFT, Key::F5)),
            Command::RestartProgram => Some(KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::F5)),
            Command::ShowPage => alt(Key::Num7),
            Command::ScaleUp => command(Key::Plus),
            Command::ScaleDown => command(Key::Minus),
            Command::ScaleReset => command(Key::Num0),
            Command::OpenSample
            | Command::Close
            | Command::ExportPng
            | Command::ExportSvg
            | Command::ExportJson
            | Command::ExportCsv
            | Command::AttachDebugger
            | Command::ReloadWithHook
            | Command::ReloadAndCount
            | Command::ResetLayout
            | Command::Dark
            | Command::Light
            | Command::SystemTheme => None,
        }
    }

    /// Whether a text that is being typed has a use for its key.
    fn is_of_text(self) -> bool {
        self == Command::TakeBack || self.shortcut().is_some_and(|key| key.modifiers == Modifiers::NONE)
    }

    /// The command whose key was pressed, if any. Keys of texts are left to one that is being typed.
    pub fn pressed(ctx: &egui::Context) -> Option<Command> {
        let is_typing = ctx.text_edit_focused();
        // A key with fewer modifiers is pressed with more of them, too: the one with the most is meant.
        let mut all: Vec<Command> = Command::available().collect();
        all.sort_by_key(|command| std::cmp::Reverse(command.shortcut().map(|key| modifier_count(key.modifiers))));
        all.into_iter().find(|command| {
            command.shortcut().is_some_and(|shortcut| {
                !(is_typing && command.is_of_text()) && ctx.input_mut(|input| take(input, &shortcut))
            })
        })
    }
}

/// Takes a shortcut that was pressed, with the letter that it types besides: X11 gives one for Alt and a digit. Whether
/// it was.
fn take(input: &mut egui::InputState, shortcut: &KeyboardShortcut) -> bool {
    let mut is_key = false;
    let mut was_pressed = false;
    input.events.retain(|event| {
        // A letter comes right behind its key.
        let is_its_letter = is_key && matches!(event, egui::Event::Text(_));
        is_key = matches!(event, egui::Event::Key { key, modifiers, pressed: true, .. }
            if *key == shortcut.logical_key && modifiers.matches_logically(shortcut.modifiers));
        was_pressed |= is_key;
        !is_key && !is_its_letter
    });
    was_pressed
}

fn modifier_count(modifiers: Modifiers) -> usize {
    [modifiers.alt, modifiers.shift, modifiers.command].into_iter().filter(|is_held| *is_held).count()
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

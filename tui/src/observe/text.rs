//! Text from outside, made fit for a terminal: the one place where it is cleaned, at intake.

use std::borrow::Cow;

/// The longest text that is kept of one field, in characters. What people read at a glance is far shorter.
const LONGEST: usize = 4_096;

/// `text` without anything that could move the cursor, change colours or turn the reading direction: escape sequences go
/// whole (with their printable rest), control characters, bidirectional overrides and invisible characters go alone;
/// tabs and line ends become spaces.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len().min(LONGEST));
    let mut chars = text.chars().peekable();
    let mut count = 0;
    while let Some(c) = chars.next() {
        if count == LONGEST {
            break;
        }
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                kept.push(' ');
                count += 1;
            }
            c if is_plain(c) => {
                kept.push(c);
                count += 1;
            }
            _ => {}
        }
    }
    Cow::Owned(kept)
}

/// [`clean`], in place; nothing is copied when the text is clean already.
pub fn clean_in_place(text: &mut String) {
    if let Cow::Owned(cleaned) = clean(text) {
        *text = cleaned;
    }
}

fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'      // zero width, direction marks
            | '\u{2028}'..='\u{202e}'      // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}'      // joiners, isolates
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// Skips what follows an ESC: a control sequence, a string up to its terminator, or a two-character sequence.
fn skip_escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_control_sequence(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            while let Some(c) = chars.next() {
                if c == '\u{7}' || c == '\u{9c}' {
                    break;
                }
                if c == '\u{1b}' {
                    chars.next_if_eq(&'\\');
                    break;
                }
            }
        }
        Some('\u{20}'..='\u{2f}') => {
            while chars.next_if(|c| ('\u{20}'..='\u{2f}').contains(c)).is_some() {}
            chars.next();
        }
        Some('\u{30}'..='\u{7e}') => {
            chars.next();
        }
        _ => {}
    }
}

/// Skips the parameters and the final character of a control sequence.
fn skip_control_sequence(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while chars.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
    chars.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_text_is_not_copied() {
        assert!(matches!(clean("espresso ×2 ☕ 東京"), Cow::Borrowed("espresso ×2 ☕ 東京")));
    }

    #[test]
    fn nothing_of_an_escape_sequence_remains() {
        assert_eq!(clean("a\u{1b}[31;1mb\u{1b}[0mc"), "abc");
        assert_eq!(clean("a\u{1b}]0;title\u{7}b"), "ab");
        assert_eq!(clean("a\u{1b}]8;;http://x\u{1b}\\b"), "ab");
        assert_eq!(clean("a\u{9b}2Jb"), "ab");
        assert_eq!(clean("a\u{1b}(Bb\u{1b}c"), "ab");
    }

    #[test]
    fn controls_and_overrides_go_and_line_ends_become_spaces() {
        assert_eq!(clean("a\u{202e}b\u{0}c\nd\te\u{feff}"), "abc d e");
        assert_eq!(clean(&"x".repeat(LONGEST + 5)).len(), LONGEST);
    }
}

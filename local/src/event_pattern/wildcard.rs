//! Wildcard patterns: `*` stands for any run of characters, `\*` and `\\` for themselves.

/// A wildcard pattern: the literal pieces between the stars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    /// Reads a wildcard pattern.
    ///
    /// # Errors
    /// AWS's reason: two stars in a row, or a backslash before anything but a star or a backslash.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = vec![String::new()];
        let mut characters = text.char_indices().peekable();
        let push = |pieces: &mut Vec<String>, character| {
            if let Some(last) = pieces.last_mut() {
                last.push(character);
            }
        };
        while let Some((at, character)) = characters.next() {
            match character {
                '*' if characters.next_if(|(_, next)| *next == '*').is_some() => {
                    return Err(format!("Consecutive wildcard characters at pos {at}"));
                }
                '*' => pieces.push(String::new()),
                '\\' => match characters.next() {
                    Some((_, escaped @ ('*' | '\\'))) => push(&mut pieces, escaped),
                    _ => return Err(format!("Invalid escape character at pos {at}")),
                },
                literal => push(&mut pieces, literal),
            }
        }
        Ok(Self { pieces })
    }

    /// Whether the whole text fits. Each middle piece is taken where it comes first, so the cost is that of a few searches.
    pub(super) fn matches(&self, text: &str) -> bool {
        let [first, middle @ .., last] = &self.pieces[..] else {
            return self.pieces.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            let Some(at) = rest.find(piece.as_str()) else { return false };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

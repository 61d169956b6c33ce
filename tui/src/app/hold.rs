//! Where a list of newest-first rows stands: it follows the newest, or is held while new ones are counted.

/// The state of a list whose rows have ordered keys, newest greatest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hold<K> {
    /// The newest row that is shown; `None` follows.
    pub(crate) newest: Option<K>,
    /// The selected row; `None` while nothing is selected.
    pub(crate) cursor: Option<K>,
}

impl<K> Default for Hold<K> {
    fn default() -> Self {
        Self { newest: None, cursor: None }
    }
}

impl<K> Hold<K> {
    /// Follows the newest again, unless the view is paused; nothing is selected.
    pub(crate) fn release(&mut self, paused: bool) {
        self.cursor = None;
        if !paused {
            self.newest = None;
        }
    }
}

/// A step through a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// That many rows towards older ones.
    Older(usize),
    /// That many rows towards newer ones.
    Newer(usize),
    /// The oldest row.
    Oldest,
}

impl Step {
    /// The row to go to, from row `at` (`None`: nothing selected) in a list of `len` rows, 0 the newest.
    pub(crate) fn from(self, at: Option<usize>, len: usize) -> Option<usize> {
        let last = len.checked_sub(1)?;
        Some(match (self, at) {
            (Self::Older(_) | Self::Newer(_), None) => 0,
            (Self::Older(n), Some(at)) => at.saturating_add(n).min(last),
            (Self::Newer(n), Some(at)) => at.saturating_sub(n),
            (Self::Oldest, _) => last,
        })
    }
}

/// The first row to draw, so that row `cursor` is in view, in the middle once the list is scrolled.
pub(crate) fn offset(cursor: Option<usize>, len: usize, height: usize) -> usize {
    let cursor = cursor.unwrap_or(0);
    if cursor < height { 0 } else { (cursor - height / 2).min(len.saturating_sub(height)) }
}

/// The words of a filter, in lower case. A row matches when each of them occurs in one of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    words: Vec<String>,
}

impl Filter {
    /// A filter of the words of `text`.
    pub(crate) fn new(text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// Whether every row matches.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether each word occurs in one of `fields`.
    pub(crate) fn matches(&self, fields: &[&str]) -> bool {
        self.words.iter().all(|word| fields.iter().any(|field| contains(field, word)))
    }
}

/// Whether `word` (in lower case) occurs in `text`, whatever the case of ASCII letters; nothing is allocated.
fn contains(text: &str, word: &str) -> bool {
    text.len() >= word.len()
        && text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_needs_every_word_in_some_field() {
        let filter = Filter::new("ESPRESSO failed");
        assert!(filter.matches(&["Espresso", "PaymentFailed"]));
        assert!(!filter.matches(&["Espresso", "OrderCreated"]));
        assert!(Filter::new(" ").is_empty());
    }

    #[test]
    fn steps_stay_in_the_list() {
        assert_eq!(Step::Older(1).from(None, 3), Some(0));
        assert_eq!(Step::Older(9).from(Some(1), 3), Some(2));
        assert_eq!(Step::Newer(9).from(Some(1), 3), Some(0));
        assert_eq!(Step::Oldest.from(None, 0), None);
    }

    #[test]
    fn the_cursor_is_always_in_view() {
        for len in 1..40 {
            for height in 1..12 {
                for cursor in 0..len {
                    let first = offset(Some(cursor), len, height);
                    assert!(first <= cursor && cursor < first + height, "{cursor} of {len} in {height}: {first}");
                }
            }
        }
    }
}

//! Patterns of terms: `ERROR "time out" -test`, `?WARN ?ERROR`.

/// Terms that a line must hold, may hold, must not hold.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Terms {
    required: Vec<String>,
    /// One of these must be there. They count only when there is nothing else, as AWS says.
    optional: Vec<String>,
    excluded: Vec<String>,
}

pub(super) fn parse(text: &str) -> Result<Terms, String> {
    let mut terms = Terms::default();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (list, term) = match first {
            '?' => (&mut terms.optional, &rest[1..]),
            '-' => (&mut terms.excluded, &rest[1..]),
            '%' => return Err("regular expressions are not served by the embedded cloud".into()),
            _ => (&mut terms.required, rest),
        };
        let (term, left) = match term.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or("a quotation mark is not closed")?,
            None => term.split_once(char::is_whitespace).unwrap_or((term, "")),
        };
        if term.is_empty() {
            return Err("a term is empty".into());
        }
        list.push(term.to_owned());
        rest = left.trim_start();
    }
    Ok(terms)
}

impl Terms {
    pub(super) fn matches(&self, line: &str) -> bool {
        let holds = |term: &String| line.contains(term.as_str());
        let only_optional = self.required.is_empty() && self.excluded.is_empty();
        self.required.iter().all(holds)
            && !self.excluded.iter().any(holds)
            && (!only_optional || self.optional.is_empty() || self.optional.iter().any(holds))
    }
}

//! The Query protocol: form fields in, XML out.

use std::{collections::BTreeMap, fmt::Write};

/// One `<member>` of these fields.
pub(super) fn member(xml: &mut String, fields: &[(&str, &str)]) {
    xml.push_str("<member>");
    for (name, value) in fields {
        element(xml, name, value);
    }
    xml.push_str("</member>");
}

/// One element of text.
pub(super) fn element(xml: &mut String, name: &str, value: &str) {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Writing to a String cannot fail.
    let _ = write!(xml, "<{name}>{value}</{name}>");
}

/// The fields of a request.
#[derive(Debug)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a form-urlencoded body.
    pub(super) fn read(body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let decode =
            |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        Self(pairs.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names of all fields.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The items of a list, `Capabilities.member.1`, ...; of each the part named `part` (empty for the item itself).
    pub(super) fn list<'a>(&'a self, name: &'a str, part: &'a str) -> impl Iterator<Item = Option<&'a str>> {
        let prefix = move |n: usize| format!("{name}.member.{n}");
        let is_there = move |n: &usize| {
            let (item, part) = (prefix(*n), format!("{}.", prefix(*n)));
            self.0.keys().any(|key| *key == item || key.starts_with(&part))
        };
        let key = move |n: usize| if part.is_empty() { prefix(n) } else { format!("{}.{part}", prefix(n)) };
        (1..).take_while(is_there).map(move |n| self.get(&key(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_by_their_numbers() {
        let body = b"Action=UpdateStack&Capabilities.member.1=A+B&Capabilities.member.2=C%26D&P.member.1.Key=k&P.member.2.Value=v";
        let form = Form::read(body);
        assert_eq!(form.list("Capabilities", "").collect::<Vec<_>>(), [Some("A B"), Some("C&D")]);
        assert_eq!(form.list("P", "Key").collect::<Vec<_>>(), [Some("k"), None]);
        assert_eq!(form.list("P", "Value").collect::<Vec<_>>(), [None, Some("v")]);
        assert_eq!(form.list("None", "").count(), 0);
    }
}

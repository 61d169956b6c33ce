//! Lines out of a stream of bytes, each of bounded length.

/// Collects bytes into lines. A line longer than the limit is split, so that a function that never ends its line
/// cannot take all memory. Bytes that are not UTF-8 become U+FFFD.
#[derive(Debug)]
pub(crate) struct LineBuffer {
    partial: Vec<u8>,
    limit: usize,
}

impl LineBuffer {
    /// A buffer whose lines are at most `limit` bytes long.
    pub(crate) fn new(limit: usize) -> Self {
        Self { partial: Vec::new(), limit: limit.max(4) }
    }

    /// Takes bytes in and appends the lines they complete to `lines`. Empty lines are dropped, as CloudWatch Logs has
    /// no empty events.
    pub(crate) fn push(&mut self, mut bytes: &[u8], lines: &mut Vec<String>) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            self.append(&bytes[..end], lines);
            self.finish(lines);
            bytes = &bytes[end + 1..];
        }
        self.append(bytes, lines);
    }

    /// The stream has ended: what is left is the last line.
    pub(crate) fn finish(&mut self, lines: &mut Vec<String>) {
        if self.partial.last() == Some(&b'\r') {
            self.partial.pop();
        }
        self.emit(self.partial.len(), lines);
    }

    fn append(&mut self, bytes: &[u8], lines: &mut Vec<String>) {
        self.partial.extend_from_slice(bytes);
        while self.partial.len() > self.limit {
            // Cut before a character, not through it: back over at most three continuation bytes.
            let cut = (self.limit - 3..=self.limit).rev().find(|at| self.partial[*at] & 0xC0 != 0x80);
            self.emit(cut.unwrap_or(self.limit), lines);
        }
    }

    fn emit(&mut self, length: usize, lines: &mut Vec<String>) {
        if length > 0 {
            lines.push(String::from_utf8_lossy(&self.partial[..length]).into_owned());
            self.partial.drain(..length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(limit: usize, chunks: &[&[u8]]) -> Vec<String> {
        let mut buffer = LineBuffer::new(limit);
        let mut lines = Vec::new();
        for chunk in chunks {
            buffer.push(chunk, &mut lines);
        }
        buffer.finish(&mut lines);
        lines
    }

    #[test]
    fn lines_are_whole_however_the_bytes_arrive() {
        assert_eq!(lines(100, &[b"one\nt", b"wo\r\n\nth", b"ree"]), ["one", "two", "three"]);
    }

    #[test]
    fn a_line_too_long_is_split_between_characters() {
        assert_eq!(lines(4, &["abcäef".as_bytes()]), ["abc", "äef"]);
        assert_eq!(lines(4, &[b"12345678\n9"]), ["1234", "5678", "9"]);
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_as_replacement_characters() {
        assert_eq!(lines(10, &[b"a\xFFb\n"]), ["a\u{FFFD}b"]);
        assert_eq!(lines(4, &[b"\x80\x80\x80\x80\x80\x80"]).concat(), "\u{FFFD}".repeat(6));
    }
}

//! Words of printed pages that were parted at the end of a line.

/// Puts such words together: a letter, one of these hyphens, the end of a line, a small letter.
pub(crate) fn with_whole_words(text: &str, hyphens: &[char]) -> String {
    let mut pieces = text.split_inclusive(hyphens);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let next = piece.strip_prefix("\r\n").or_else(|| piece.strip_prefix('\n'));
        let is_word = out.chars().rev().nth(1).is_some_and(char::is_alphabetic);
        match next.filter(|next| is_word && next.starts_with(char::is_lowercase)) {
            Some(next) => {
                out.pop();
                // The line ends after the word.
                let end = next.find(char::is_whitespace).unwrap_or(next.len());
                out.push_str(&next[..end]);
                match next[end..].strip_prefix(' ') {
                    Some(rest) => {
                        out.push('\n');
                        out.push_str(rest);
                    }
                    None => out.push_str(&next[end..]),
                }
            }
            None => out.push_str(piece),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_parted_at_the_end_of_a_line_are_whole() {
        let text = "an unchar\u{2010}\nacteristic day, soft\u{ad}\nware\n1\u{2010}\nx well\u{2010}known\u{2010}\nMoon sail-\nor end\u{2010}\n";
        let whole = "an uncharacteristic\nday, software\n1\u{2010}\nx well\u{2010}known\u{2010}\nMoon sail-\nor end\u{2010}\n";
        assert_eq!(with_whole_words(text, &['\u{2010}', '\u{ad}']), whole);
        assert_eq!(
            with_whole_words("sail-\nor and in\u{2010}\nter\u{2010}\nnational", &['-', '\u{2010}']),
            "sailor\nand international"
        );
    }
}

//! A mailbox (mbox, RFC 4155): messages one after the other, each a message of its own.

use bytes::Bytes;
use mail_parser::MessageParser;

use super::reader::{Member, Position, Reader, too_large_unpacked};
use crate::media_type::{self, EML, begins_message};
use crate::protocol::Refusal;
use crate::read_text::read_text;

/// Reads the messages in their order. A file that only calls itself a mailbox is text.
pub(super) fn read(reader: &mut Reader<'_>, content: &[u8], position: &Position) -> Result<(), Refusal> {
    let mut messages = Messages { rest: content }.zip(1..).peekable();
    if messages.peek().is_none() {
        let limit = reader.text_left();
        reader.add(
            read_text(Bytes::copy_from_slice(content), false, media_type::Reader::Plain, None, limit),
            position,
        );
        return Ok(());
    }
    while let Some((message, number)) = messages.next() {
        let bytes = without_quotes(message);
        let name = subject(&bytes).unwrap_or_else(|| format!("message {number}"));
        reader.read_members([Member { name, media_type: EML.to_owned(), bytes: Ok(bytes) }], position)?;
        if reader.room() == 0 && messages.peek().is_some() {
            let name = format!("{} more messages", messages.count());
            let bytes = Err(Refusal::TooLarge { what: too_large_unpacked() });
            return reader.read_members([Member { name, media_type: EML.to_owned(), bytes }], position);
        }
    }
    Ok(())
}

/// Each message without the line that sets it apart.
struct Messages<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Messages<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if !begins_message(self.rest) {
            return None;
        }
        let (_, message) = line_of(self.rest);
        let (mut end, mut after_blank) = (0, false);
        while end < message.len() {
            let (line, rest) = line_of(&message[end..]);
            if after_blank && begins_message(&message[end..]) {
                break;
            }
            after_blank = line.trim_ascii().is_empty();
            end = message.len() - rest.len();
        }
        self.rest = &message[end..];
        Some(&message[..end])
    }
}

/// The first line with its end, and what follows it.
fn line_of(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1);
    bytes.split_at(end)
}

/// The message as it was sent: lines that begin with `From ` are marked by a `>` within a mailbox.
fn without_quotes(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    let mut rest = message;
    while !rest.is_empty() {
        let (line, after) = line_of(rest);
        let marks = line.iter().take_while(|byte| **byte == b'>').count();
        let is_quoted = marks > 0 && line[marks..].starts_with(b"From ");
        out.extend(&line[usize::from(is_quoted)..]);
        rest = after;
    }
    out
}

fn subject(message: &[u8]) -> Option<String> {
    let heads = MessageParser::default().parse_headers(message)?;
    heads.subject().map(str::trim).filter(|subject| !subject.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_begin_at_lines_that_are_no_words_of_theirs() {
        let mailbox = "From a@example.com Thu Jul  4 10:00:00 2024\nSubject: one\n\nFrom here on\n\nFrom there on\nit goes\n>From the top\n\n\
            From b@example.com Thu Jul  4 10:00:00 2024\r\nSubject: two\r\n\r\nlast";
        let found: Vec<_> = Messages { rest: mailbox.as_bytes() }
            .map(|message| String::from_utf8(without_quotes(message)).unwrap())
            .collect();
        assert_eq!(
            found,
            [
                "Subject: one\n\nFrom here on\n\nFrom there on\nit goes\nFrom the top\n\n",
                "Subject: two\r\n\r\nlast"
            ]
        );
    }
}

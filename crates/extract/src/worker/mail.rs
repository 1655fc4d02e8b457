//! A message with its attachments (RFC 5322, MIME).

use std::borrow::Cow;

use gangway_model::{Document, Section};
use mail_parser::{Address, Encoding, Message, MessageParser, MessagePart, MimeHeaders};

use super::reader::{Member, Position, Reader};
use crate::media_type::EML;
use crate::protocol::Refusal;
use crate::text::{AUTHOR_CHARS, TITLE_CHARS, decode, one_line};

/// Reads a message: its heads, its text, then what is attached.
pub(super) fn read(reader: &mut Reader<'_>, content: &[u8], position: &Position) -> Result<(), Refusal> {
    let broken = || Refusal::Broken { media_type: EML.to_owned() };
    let message = MessageParser::default().parse(content).ok_or_else(broken)?;
    if message.headers().is_empty() {
        return Err(broken());
    }
    let plain = message.text_bodies().filter(|part| part.is_text() && !part.is_text_html());
    let plain: Vec<Cow<'_, str>> = plain.filter_map(|part| words(&message, part)).collect();
    let html = message.html_bodies().filter(|part| part.is_text_html());
    let html: Vec<&str> = html.filter_map(|part| part.text_contents()).collect();
    let mut document = match plain.iter().any(|text| !text.trim().is_empty()) {
        true => Document {
            sections: vec![Section { text: plain.join("\n\n"), ..Section::default() }],
            ..Document::default()
        },
        // Several HTML parts are one text to those who read the message.
        false => reader.parse_html(&html.join("\n")).unwrap_or_default(),
    };
    let heads = [
        ("From", message.from().map(people)),
        ("To", message.to().map(people)),
        ("Cc", message.cc().map(people)),
        ("Date", message.date().map(|date| date.to_rfc3339())),
        ("Subject", message.subject().map(str::to_owned)),
    ];
    let heads = heads.into_iter().filter_map(|(head, value)| Some(format!("{head}: {}", value?)));
    let heads = heads.collect::<Vec<_>>().join("\n");
    match document.sections.first_mut() {
        Some(first) => first.text = format!("{heads}\n\n{}", first.text),
        None => document.sections.push(Section { text: heads, ..Section::default() }),
    }
    document.title = message.subject().map(|subject| one_line(subject, TITLE_CHARS));
    document.authors = message.from().map(|from| one_line(&people(from), AUTHOR_CHARS)).into_iter().collect();
    document.created_at =
        message.date().and_then(|date| chrono::DateTime::from_timestamp(date.to_timestamp(), 0));
    reader.add(document, position);
    let attachments: Vec<Member> = message.attachments().enumerate().map(attachment).collect();
    reader.read_members(attachments, position)
}

/// The text of a part. One that is not packed and not what it says it is is decoded as other text.
fn words<'a>(message: &'a Message<'_>, part: &'a MessagePart<'_>) -> Option<Cow<'a, str>> {
    let text = part.text_contents()?;
    if part.encoding == Encoding::None && text.contains('\u{fffd}') {
        let raw = message.raw_message().get(part.offset_body as usize..part.offset_end as usize)?;
        let charset = part.content_type().and_then(|kind| kind.attribute("charset"));
        return Some(decode(raw, charset, false));
    }
    Some(text.into())
}

fn attachment((number, part): (usize, &MessagePart<'_>)) -> Member {
    let declared = part.content_type().map(|declared| {
        let kind = declared.c_subtype.as_deref().unwrap_or_default();
        format!("{}/{kind}", declared.c_type)
    });
    let subject = || part.message().and_then(|message| message.subject()).map(str::to_owned);
    let name = part.attachment_name().map(str::to_owned).or_else(subject);
    Member {
        name: name.unwrap_or_else(|| format!("attachment {}", number + 1)),
        media_type: if part.is_message() { EML.to_owned() } else { declared.unwrap_or_default() },
        bytes: Ok(part.contents().to_vec()),
    }
}

/// Names with their addresses, as a mail program shows them.
fn people(address: &Address<'_>) -> String {
    let one = |person: &mail_parser::Addr<'_>| match (person.name(), person.address()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (name, address) => name.or(address).unwrap_or_default().to_owned(),
    };
    address.iter().map(one).collect::<Vec<_>>().join(", ")
}

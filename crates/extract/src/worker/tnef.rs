//! What Outlook packs into `winmail.dat` (TNEF, MS-OXTNEF): the attachments of a message, and its plain text.

use gangway_model::{Document, Section};

use super::reader::{Member, Position, Reader, shown_path};
use crate::media_type::TNEF;
use crate::protocol::Refusal;
use crate::text::decode;

/// Attributes that matter: what begins an attachment, its name, its bytes; the message's own text.
const BEGINS: u32 = 0x0006_9002;
const TITLE: u32 = 0x0001_8010;
const DATA: u32 = 0x0006_800f;
const BODY: u32 = 0x0002_800c;
/// The signature and a key.
const HEAD_BYTES: usize = 6;

/// Reads the text, then the attachments. What is cut off costs what follows it.
pub(super) fn read(reader: &mut Reader<'_>, content: &[u8], position: &Position) -> Result<(), Refusal> {
    let mut rest =
        content.get(HEAD_BYTES..).ok_or_else(|| Refusal::Broken { media_type: TNEF.to_owned() })?;
    let mut name: Option<String> = None;
    let mut number = 0;
    while let Some((id, value, after)) = attribute(rest) {
        rest = after;
        match id {
            BEGINS => {
                name = None;
                number += 1;
            }
            TITLE => name = Some(shown_path(&text(value))).filter(|name| !name.is_empty()),
            DATA => {
                let name = name.take().unwrap_or_else(|| format!("attachment {}", number.max(1)));
                let bytes = Ok(value.to_vec());
                reader.read_members([Member { name, media_type: String::new(), bytes }], position)?;
            }
            BODY => {
                let sections = vec![Section { text: text(value), ..Section::default() }];
                reader.add(Document { sections, ..Document::default() }, position);
            }
            _ => {}
        }
    }
    match rest.is_empty() {
        true => Ok(()),
        false => {
            let rest = Member {
                name: "the rest".to_owned(),
                media_type: TNEF.to_owned(),
                bytes: Err(Refusal::Broken { media_type: TNEF.to_owned() }),
            };
            reader.read_members([rest], position)
        }
    }
}

/// The next attribute, by its id, and what follows its checksum.
fn attribute(bytes: &[u8]) -> Option<(u32, &[u8], &[u8])> {
    let number = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (id, length) = (number(1)?, number(5)? as usize);
    let end = length.checked_add(9)?;
    Some((id, bytes.get(9..end)?, bytes.get(end + 2..)?))
}

/// In whatever encoding the sender's Windows had.
fn text(value: &[u8]) -> String {
    decode(value, None, false).trim_end_matches('\0').to_owned()
}

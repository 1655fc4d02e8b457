//! Tape archives, plain or packed by gzip, as folders of documents; and single files packed by gzip.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use super::archive::{is_litter, take};
use super::reader::{ALL_UNPACKED_BYTES, Member, Position, Reader, shown_path, too_large_unpacked};
use crate::media_type::{GZIP, TAR};
use crate::protocol::Refusal;

const BLOCK: usize = 512;
/// Bytes of a name that does not fit its header.
const LONG_NAME_BYTES: u64 = 64 << 10;
/// What a file packed by gzip is called when it does not say.
const UNNAMED: &str = "content";

/// Reads the members of an archive in their order.
pub(super) fn read(reader: &mut Reader<'_>, content: &[u8], position: &Position) -> Result<(), Refusal> {
    read_members(reader, content, position)
}

/// Reads what gzip has packed: an archive, or one file.
pub(super) fn read_packed(
    reader: &mut Reader<'_>,
    content: &[u8],
    position: &Position,
) -> Result<(), Refusal> {
    let mut unpacked = MultiGzDecoder::new(content);
    let mut start = Vec::new();
    let begun = unpacked.by_ref().take(BLOCK as u64).read_to_end(&mut start);
    let name = unpacked.header().and_then(|header| header.filename()).map(String::from_utf8_lossy);
    let name = name.map(|name| shown_path(&name)).filter(|name| !name.is_empty());
    if begun.is_err() && start.is_empty() {
        return Err(Refusal::Broken { media_type: GZIP.to_owned() });
    }
    if let Ok(block) = <&[u8; BLOCK]>::try_from(start.as_slice())
        && Header::read(block).is_some()
    {
        return read_members(reader, start.as_slice().chain(unpacked), position);
    }
    let bytes = take(start.as_slice().chain(unpacked), reader.room(), GZIP);
    let name = name.unwrap_or_else(|| UNNAMED.to_owned());
    reader.read_members([Member { name, media_type: String::new(), bytes }], position)
}

fn read_members(reader: &mut Reader<'_>, content: impl Read, position: &Position) -> Result<(), Refusal> {
    let mut members = Members::new(content);
    let mut any = false;
    while let Some(member) = members.next(reader.room()) {
        if member.bytes.is_err() && !any && members.is_over {
            return member.bytes.map(|_| ());
        }
        any = true;
        if !is_litter(&member.name) {
            reader.read_members([member], position)?;
        }
        if reader.room() == 0 && !members.is_over {
            return reader.read_members([rest(Refusal::TooLarge { what: too_large_unpacked() })], position);
        }
    }
    Ok(())
}

fn rest(why: Refusal) -> Member {
    Member { name: "the rest of the archive".to_owned(), media_type: String::new(), bytes: Err(why) }
}

/// The files of an archive, one after the other. Links, devices and folders are passed over.
pub(crate) struct Members<R> {
    content: io::Take<R>,
    is_over: bool,
}

impl<R: Read> Members<R> {
    pub(crate) fn new(content: R) -> Self {
        Self { content: content.take(ALL_UNPACKED_BYTES), is_over: false }
    }

    /// The next file, of at most `room` bytes; what follows a damaged place is told as one member.
    pub(crate) fn next(&mut self, room: u64) -> Option<Member> {
        if self.is_over {
            return None;
        }
        match self.step(room) {
            Ok(Some(member)) => Some(member),
            Ok(None) => {
                self.is_over = true;
                None
            }
            Err(why) => {
                self.is_over = true;
                // The end of what is unpacked at all looks like the end of a file that was cut off.
                let is_spent = self.content.limit() == 0;
                Some(rest(if is_spent { Refusal::TooLarge { what: too_large_unpacked() } } else { why }))
            }
        }
    }

    fn step(&mut self, room: u64) -> Result<Option<Member>, Refusal> {
        let mut long_name = None;
        loop {
            let mut block = [0; BLOCK];
            let read = fill(&mut self.content, &mut block).map_err(|_| broken())?;
            if read == 0 && self.content.limit() > 0 || read == BLOCK && block == [0; BLOCK] {
                return Ok(None);
            }
            let header = Header::read(&block).filter(|_| read == BLOCK).ok_or_else(broken)?;
            match header.kind {
                b'L' => long_name = Some(self.text(header.size)?),
                b'x' => long_name = pax_path(&self.text(header.size)?).or(long_name),
                b'0' | 0 | b'7' => {
                    let name = shown_path(&long_name.take().unwrap_or(header.name));
                    let bytes = self.bytes(header.size, room)?;
                    return Ok(Some(Member { name, media_type: String::new(), bytes }));
                }
                b'S' => {
                    let name = shown_path(&long_name.take().unwrap_or(header.name));
                    self.skip(padded(header.size))?;
                    let bytes = Err(Refusal::Unsupported { media_type: TAR.to_owned() });
                    return Ok(Some(Member { name, media_type: String::new(), bytes }));
                }
                _ => {
                    long_name = None;
                    self.skip(padded(header.size))?;
                }
            }
        }
    }

    /// A member's bytes, or why it is passed over; an error when the archive ends within it.
    fn bytes(&mut self, size: u64, room: u64) -> Result<Result<Vec<u8>, Refusal>, Refusal> {
        if size > room {
            self.skip(padded(size))?;
            return Ok(Err(Refusal::TooLarge { what: too_large_unpacked() }));
        }
        let mut bytes = Vec::new();
        let read = self.content.by_ref().take(size).read_to_end(&mut bytes).map_err(|_| broken())?;
        if read as u64 != size {
            return Err(broken());
        }
        // The last member's padding may be missing.
        let padding = padded(size) - size;
        io::copy(&mut self.content.by_ref().take(padding), &mut io::sink()).map_err(|_| broken())?;
        Ok(Ok(bytes))
    }

    fn text(&mut self, size: u64) -> Result<String, Refusal> {
        if size > LONG_NAME_BYTES {
            return Err(broken());
        }
        let bytes = self.bytes(size, LONG_NAME_BYTES)??;
        Ok(String::from_utf8_lossy(&bytes).trim_end_matches('\0').to_owned())
    }

    fn skip(&mut self, bytes: u64) -> Result<(), Refusal> {
        let skipped = io::copy(&mut self.content.by_ref().take(bytes), &mut io::sink());
        match skipped {
            Ok(skipped) if skipped == bytes => Ok(()),
            _ => Err(broken()),
        }
    }
}

/// What a block says of the member that follows.
struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    /// `None` when the block's sum is not the one it names: it is no header.
    fn read(block: &[u8; BLOCK]) -> Option<Self> {
        const SUM: std::ops::Range<usize> = 148..156;
        let named = number(&block[SUM])?;
        let counted = block.iter().enumerate().map(|(at, byte)| match SUM.contains(&at) {
            true => u64::from(b' '),
            false => u64::from(*byte),
        });
        if named != counted.sum::<u64>() {
            return None;
        }
        let text = |range: std::ops::Range<usize>| {
            let field = &block[range];
            let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
            String::from_utf8_lossy(&field[..end]).into_owned()
        };
        let has_prefix = &block[257..263] == b"ustar\0" && block[345] != 0;
        let name = match has_prefix {
            true => format!("{}/{}", text(345..500), text(0..100)),
            false => text(0..100),
        };
        Some(Self { name, size: number(&block[124..136])?, kind: block[156] })
    }
}

/// A number in octal digits, or binary where the first bit says so.
fn number(field: &[u8]) -> Option<u64> {
    if field.first()? & 0x80 != 0 {
        let (start, end) = field.split_at(field.len().saturating_sub(8));
        let is_small = start.iter().enumerate().all(|(at, byte)| *byte == if at == 0 { 0x80 } else { 0 });
        return is_small.then(|| end.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
    }
    let digits: Vec<u8> = field.iter().copied().filter(|byte| !matches!(byte, b' ' | 0)).collect();
    let text = std::str::from_utf8(&digits).ok()?;
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

/// The path in an extended header: lines of `length key=value`.
fn pax_path(text: &str) -> Option<String> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' ')?.1.split_once('='));
    lines.rfind(|(key, _)| *key == "path").map(|(_, value)| value.to_owned())
}

fn padded(size: u64) -> u64 {
    size.saturating_add(BLOCK as u64 - 1) / BLOCK as u64 * BLOCK as u64
}

fn fill(content: &mut impl Read, block: &mut [u8; BLOCK]) -> io::Result<usize> {
    let mut read = 0;
    while read < BLOCK {
        match content.read(&mut block[read..]) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

fn broken() -> Refusal {
    Refusal::Broken { media_type: TAR.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A member as `tar` writes it.
    pub(crate) fn member(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut block = [0_u8; BLOCK];
        block[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
        block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        block[156] = kind;
        block[257..263].copy_from_slice(b"ustar\0");
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let mut bytes = block.to_vec();
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        bytes
    }

    fn read_all(archive: &[u8], room: u64) -> Vec<(String, Result<String, Refusal>)> {
        let mut members = Members::new(archive);
        std::iter::from_fn(|| members.next(room))
            .map(|one| (one.name, one.bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())))
            .collect()
    }

    #[test]
    fn files_are_read_and_the_rest_is_passed_over() {
        let long = format!("{}/long.txt", "deep/".repeat(40));
        let pax = format!("{} path=ünï/{}\n", 30, "p.txt");
        let archive = [
            member("folder/", b'5', b""),
            member("folder/a.txt", b'0', b"first"),
            member("link", b'2', b""),
            member("././@LongLink", b'L', format!("{long}\0").as_bytes()),
            member("short", b'0', b"second"),
            member("x", b'x', pax.as_bytes()),
            member("short", 0, b"third"),
            vec![0; 2 * BLOCK],
        ]
        .concat();
        let shown = format!("{}long.txt", "deep/".repeat(40));
        let told: Vec<_> = read_all(&archive, 1000);
        let expected = [("folder/a.txt", "first"), (shown.as_str(), "second"), ("ünï/p.txt", "third")];
        let expected: Vec<_> =
            expected.iter().map(|(name, text)| ((*name).to_owned(), Ok((*text).to_owned()))).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_too_large_or_cut_off_is_told() {
        let archive = [member("big", b'0', &[b'x'; 600]), member("small", b'0', b"y")].concat();
        let told = read_all(&archive, 100);
        assert!(matches!(told[0].1, Err(Refusal::TooLarge { .. })));
        assert_eq!(told[1].1, Ok("y".to_owned()));
        let cut = read_all(&archive[..archive.len() - BLOCK - 200], 1000);
        assert_eq!(cut.len(), 2, "{cut:?}");
        assert!(matches!(cut[1].1, Err(Refusal::Broken { .. })));
        assert!(matches!(read_all(b"no archive at all", 10)[0].1, Err(Refusal::Broken { .. })));
        // Half a member is no member, and a header with another sum is none.
        let half = &member("half", b'0', &[b'x'; 600])[..BLOCK + 100];
        assert!(matches!(read_all(half, 1000)[0].1, Err(Refusal::Broken { .. })));
        let mut changed = member("a.txt", b'0', b"text");
        changed[0] ^= 1;
        assert!(matches!(read_all(&changed, 1000)[0].1, Err(Refusal::Broken { .. })));
        assert!(read_all(b"", 10).is_empty());
    }

    #[test]
    fn members_that_are_passed_over_count_as_well() {
        let mut giant = member("giant", b'0', b"");
        giant[124..135].copy_from_slice(format!("{:011o}", 400_u64 << 20).as_bytes());
        giant[148..156].fill(b' ');
        let sum: u64 = giant.iter().map(|byte| u64::from(*byte)).sum();
        giant[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let two = giant.as_slice().chain(io::repeat(0).take(400 << 20)).chain(giant.as_slice());
        let mut members = Members::new(two.chain(io::repeat(0)));
        let told: Vec<_> = std::iter::from_fn(|| members.next(1000)).take(5).collect();
        let names: Vec<&str> = told.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["giant", "the rest of the archive"]);
        assert!(told.iter().all(|one| matches!(one.bytes, Err(Refusal::TooLarge { .. }))));
    }

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b" 12 \0"), Some(0o12));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x01\0"), Some(256));
        assert_eq!(number(b"\xff\0\0\0\0\0\0\0\0\0\x01\0"), None);
        assert_eq!(number(b"9"), None);
        assert_eq!(padded(u64::MAX) % BLOCK as u64, 0);
    }
}

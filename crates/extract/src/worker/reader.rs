//! One file with all that is in it: finds out who reads it, walks into archives and attachments, and names what had
//! to be left out.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use gangway_model::{Document, Note, Place, Reason, media};
use rustix::time::{ClockId, clock_gettime};

use super::container::{Contained, look_into};
use super::nodes::PAGE_WITHOUT_TEXT;
use super::parse::Parser;
use super::pasted::Pictures;
use super::{archive, flat, mail, mailbox, outlook, pasted, pdf_remarks, picture, svg, tar, tnef};
use crate::error::ExtractError;
use crate::ligatures;
use crate::media_type::{self, EML, GZIP, HEAD_BYTES, MBOX, MSG, TAR, TNEF, ZIP, detect_media_type};
use crate::protocol::{Answer, Extracted, Job, MAX_PICTURE_BYTES, Picture, Refusal, Scan, Wanted};
use crate::read_text::read_text;
use crate::text::{clean, finish, one_line};

/// Archives within archives; deeper ones are named and left out.
const DEPTH: usize = 4;
/// Members of a file in all, in whatever depth.
const MEMBERS: usize = 5_000;
/// Bytes that all members unpack to together, and one alone.
pub(super) const ALL_UNPACKED_BYTES: u64 = 500_000_000;
const ONE_UNPACKED_BYTES: u64 = 100_000_000;
/// What is left out beyond this is only counted.
const NOTES: usize = 50;
const MEMBER_CHARS: usize = 300;
/// Between an archive's own path and what is in it.
const INTO: &str = " › ";

/// A file within a file, as its container tells of it.
pub(crate) struct Member {
    pub name: String,
    pub media_type: String,
    pub bytes: Result<Vec<u8>, Refusal>,
}

/// Reads one file of a job. Calls back before it turns to a member.
pub(super) struct Reader<'a> {
    parser: &'a Parser,
    job: &'a Job,
    turns_to: Box<dyn FnMut(&str) -> bool + 'a>,
    out: Extracted,
    pictures: Vec<Vec<u8>>,
    picture_bytes: u64,
    members: usize,
    unpacked_bytes: u64,
    text_left: usize,
    left_out: usize,
    deadline: i64,
    panicked: bool,
}

/// Where the walk stands: the path into the file, by names and by numbers, and how deep it is.
#[derive(Clone, Default)]
pub(super) struct Position {
    path: Option<String>,
    numbers: String,
    depth: usize,
    /// Members that were met here.
    met: Cell<usize>,
}

impl Position {
    fn place(&self) -> Place {
        Place { member: self.path.clone(), ..Place::default() }
    }

    fn inside_member(&self, name: &str) -> Self {
        let path = match &self.path {
            Some(path) => format!("{path}{INTO}{name}"),
            None => name.to_owned(),
        };
        let number = self.met.replace(self.met.get() + 1);
        let numbers = format!("{}/{number}", self.numbers);
        Self { path: Some(path), numbers, depth: self.depth + 1, met: Cell::default() }
    }

    /// Tells this very member from all others of the file, of the same name too.
    fn mark(&self, member: &Member) -> String {
        let mut hasher = DefaultHasher::new();
        member.bytes.as_deref().unwrap_or_default().hash(&mut hasher);
        format!("{}#{:016x}", self.numbers, hasher.finish())
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(parser: &'a Parser, job: &'a Job, turns_to: impl FnMut(&str) -> bool + 'a) -> Self {
        Self {
            parser,
            job,
            turns_to: Box::new(turns_to),
            out: Extracted::default(),
            pictures: Vec::new(),
            picture_bytes: 0,
            members: 0,
            unpacked_bytes: 0,
            text_left: job.text_bytes,
            left_out: 0,
            // A fifth of the time is left for the server to hear of what was read.
            deadline: now_seconds().saturating_add((job.seconds - job.seconds / 5) as i64),
            panicked: false,
        }
    }

    pub(super) fn read_file(&mut self, content: Vec<u8>) -> Answer {
        match self.job.wanted {
            Wanted::Everything => {}
            Wanted::Remarks => {
                let mut document = self.remarks_on(&content);
                finish(&mut document, self.job.text_bytes);
                return Ok(Extracted { document, ..Extracted::default() });
            }
            Wanted::TurnedLigatures => {
                if let Some(turned) = ligatures::turned(&content) {
                    let picture = Picture::Image { bytes: turned.len() as u64, dots: None };
                    self.scan(picture, Place::default(), Some(turned))?;
                }
                return Ok(std::mem::take(&mut self.out));
            }
        }
        let position = Position::default();
        let media_type = self.job.media_type.clone();
        self.read(content, media_type, self.job.charset.as_deref(), &position)?;
        if self.left_out > 0 {
            let more = format!("{} more parts of this file could not be read", self.left_out);
            let reason = Reason::new("more_left_out", more);
            self.out.document.notes.push(Note { place: Place::default(), reason });
        }
        Ok(std::mem::take(&mut self.out))
    }

    /// Whether a parser panicked on the way; what it left behind may be broken.
    pub(super) fn has_panicked(&self) -> bool {
        self.panicked
    }

    /// The bytes of pictures, in the order of the scans that have any.
    pub(super) fn into_pictures(self) -> Vec<Vec<u8>> {
        self.pictures
    }

    fn read(
        &mut self,
        content: Vec<u8>,
        media_type: String,
        charset: Option<&str>,
        position: &Position,
    ) -> Result<(), Refusal> {
        let media_type = match look_into(&content, &media_type) {
            Contained::Kind(media_type) => media_type,
            Contained::Encrypted => return Err(Refusal::Encrypted),
            Contained::Broken => return Err(Refusal::Broken { media_type }),
            Contained::Unknown => return Err(Refusal::Unsupported { media_type }),
        };
        let (content, media_type) = match media_type::packed_kind(&media_type) {
            Some(kind) => match flat::packed(&content, kind) {
                Some(packed) => (packed, kind.to_owned()),
                None => return Err(Refusal::Broken { media_type }),
            },
            None => (content, media_type),
        };
        match media_type.as_str() {
            ZIP => archive::read(self, content, position),
            TAR => tar::read(self, &content, position),
            GZIP => tar::read_packed(self, &content, position),
            EML => mail::read(self, &content, position),
            MBOX => mailbox::read(self, &content, position),
            TNEF => tnef::read(self, &content, position),
            MSG => {
                let attachments = outlook::attachments(&content);
                let document = self.parser.parse(&media_type, content, charset, self.job)?;
                self.add(document, position);
                self.read_members(attachments, position)
            }
            media_type::SVG => {
                self.add(svg::read(&content, charset), position);
                Ok(())
            }
            other if media_type::is_image(other) => self.read_image(content, other, position),
            media::PDF => self.read_pdf(content, charset, position),
            media_type::XHTML => {
                let document = self.parser.parse(media::HTML, content, charset, self.job)?;
                self.add(document, position);
                Ok(())
            }
            other => {
                let kept = pasted::kept(&content, other);
                let document = match media_type::reader_of(other) {
                    Some(media_type::Reader::Worker) => {
                        self.parser.parse(&media_type, content, charset, self.job)?
                    }
                    Some(reader) => read_text(content.into(), false, reader, charset, self.text_left),
                    None => return Err(Refusal::Unsupported { media_type }),
                };
                let kept = kept.filter(|_| pasted::is_bare(&document));
                self.add(document, position);
                if let Some(mut pictures) = kept.as_deref().and_then(Pictures::of) {
                    self.read_pasted(&mut pictures, position);
                }
                Ok(())
            }
        }
    }

    /// Adds what one reader made of one file. The outermost one names title and authors.
    pub(super) fn add(&mut self, mut document: Document, position: &Position) {
        finish(&mut document, self.text_left);
        self.text_left = self.text_left.saturating_sub(document.text_len());
        let here = |mut place: Place| {
            place.member = position.path.clone();
            place
        };
        let sections = std::mem::take(&mut document.sections).into_iter();
        let sections = sections.map(|mut section| {
            section.place = here(section.place);
            section
        });
        let notes = std::mem::take(&mut document.notes).into_iter();
        let notes: Vec<Note> = notes.map(|note| Note { place: here(note.place), ..note }).collect();
        let whole = &mut self.out.document;
        whole.sections.extend(sections);
        whole.truncated |= document.truncated;
        if position.depth == 0 {
            whole.title = whole.title.take().or(document.title);
            whole.authors.extend(document.authors);
            whole.language = whole.language.take().or(document.language);
            whole.created_at = whole.created_at.or(document.created_at);
            whole.modified_at = whole.modified_at.or(document.modified_at);
        }
        notes.into_iter().for_each(|note| self.note(note));
    }

    /// Reads the files within a file, one after the other. One that fails is named and costs only itself.
    pub(super) fn read_members(
        &mut self,
        members: impl IntoIterator<Item = Member>,
        position: &Position,
    ) -> Result<(), Refusal> {
        members.into_iter().try_for_each(|member| self.read_member(member, position))
    }

    fn read_member(&mut self, member: Member, position: &Position) -> Result<(), Refusal> {
        let name = one_line(&member.name, MEMBER_CHARS);
        let inside = position.inside_member(&name);
        let mark = inside.mark(&member);
        if let Some((_, reason)) = self.job.without.iter().find(|(skipped, _)| *skipped == mark) {
            let reason = reason.clone();
            self.note(Note { place: inside.place(), reason });
            return Ok(());
        }
        let outcome = self.admit(&member, &inside).and_then(|()| {
            // The server cannot be told: it is gone, or has killed us.
            if !(self.turns_to)(&mark) {
                return Err(Refusal::TimedOut);
            }
            let content = member.bytes?;
            let head = &content[..content.len().min(HEAD_BYTES)];
            let media_type = detect_media_type(head, &name, &member.media_type);
            if content.is_empty() {
                return Ok(());
            }
            self.unpacked_bytes += content.len() as u64;
            let read = AssertUnwindSafe(|| self.read(content, media_type.clone(), None, &inside));
            catch_unwind(read).unwrap_or_else(|_| {
                self.panicked = true;
                Err(Refusal::Broken { media_type })
            })
        });
        if let Err(refusal) = outcome {
            let reason = ExtractError::of_refusal(refusal, self.job.seconds).reason();
            self.note(Note { place: inside.place(), reason });
        }
        Ok(())
    }

    /// Whether there is still room for a member.
    fn admit(&mut self, member: &Member, inside: &Position) -> Result<(), Refusal> {
        self.members += 1;
        let too_large = |what: String| Err(Refusal::TooLarge { what });
        match () {
            _ if self.members > MEMBERS => too_large(format!("more than {MEMBERS} files in one archive")),
            _ if inside.depth > DEPTH => too_large(format!("archives within archives, deeper than {DEPTH}")),
            _ if self.text_left == 0 => too_large("the text before it fills the limit".to_owned()),
            _ if now_seconds() >= self.deadline => Err(Refusal::TimedOut),
            _ => {
                let bytes = member.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
                match self.unpacked_bytes.saturating_add(bytes) > ALL_UNPACKED_BYTES {
                    true => too_large(too_large_unpacked()),
                    false => Ok(()),
                }
            }
        }
    }

    /// Bytes that the next member may unpack to.
    pub(super) fn room(&self) -> u64 {
        let spent = self.members >= MEMBERS || self.text_left == 0 || now_seconds() >= self.deadline;
        let left = ALL_UNPACKED_BYTES.saturating_sub(self.unpacked_bytes);
        if spent { 0 } else { left.min(ONE_UNPACKED_BYTES) }
    }

    /// Bytes of text that are still kept.
    pub(super) fn text_left(&self) -> usize {
        self.text_left
    }

    fn note(&mut self, note: Note) {
        match self.out.document.notes.len() < NOTES {
            true => self.out.document.notes.push(note),
            false => self.left_out += 1,
        }
    }

    fn read_image(&mut self, content: Vec<u8>, media_type: &str, position: &Position) -> Result<(), Refusal> {
        if !picture::is_worth_reading(&content, media_type)? {
            return Ok(());
        }
        let dots = picture::dots_to_assume(&content);
        let picture = match position.depth {
            0 => Picture::WholeFile { dots },
            _ => Picture::Image { bytes: content.len() as u64, dots },
        };
        self.scan(picture, position.place(), Some(content).filter(|_| position.depth > 0))
    }

    /// Has the scans recognized that a document consists of, one at a time. What cannot be read of them is named.
    fn read_pasted(&mut self, pictures: &mut Pictures<'_>, position: &Position) {
        let names = std::mem::take(&mut pictures.names);
        self.left_out += pictures.others;
        for (at, name) in names.iter().enumerate() {
            let room = self.room().min(MAX_PICTURE_BYTES.saturating_sub(self.picture_bytes));
            let outcome = pictures.unpack(name, room).and_then(|(media_type, bytes)| {
                self.unpacked_bytes += bytes.len() as u64;
                if !pasted::is_page(&media_type, &bytes) || !picture::is_worth_reading(&bytes, &media_type)? {
                    return Ok(());
                }
                let dots = picture::dots_to_assume(&bytes);
                self.scan(Picture::Image { bytes: bytes.len() as u64, dots }, position.place(), Some(bytes))
            });
            let Err(refusal) = outcome else { continue };
            let is_full = matches!(refusal, Refusal::TooLarge { .. }) && self.room() == 0;
            let reason = ExtractError::of_refusal(refusal, self.job.seconds).reason();
            self.note(Note { place: position.inside_member(name).place(), reason });
            if is_full {
                self.left_out += names.len() - at - 1;
                return;
            }
        }
    }

    fn read_pdf(
        &mut self,
        content: Vec<u8>,
        charset: Option<&str>,
        position: &Position,
    ) -> Result<(), Refusal> {
        let start = self.out.document.sections.len();
        let is_whole = has_end(&content);
        let keep = (position.depth > 0).then(|| content.clone());
        let remarks = self.remarks_on(&content);
        let mut document = self.parser.parse(media::PDF, content, charset, self.job)?;
        let textless: Vec<u32> = document
            .notes
            .extract_if(.., |note| note.reason.code == PAGE_WITHOUT_TEXT)
            .filter_map(|note| note.place.page)
            .collect();
        // Pages of a file that breaks off are not empty but lost.
        if document.sections.is_empty() && !is_whole {
            return Err(Refusal::Broken { media_type: media::PDF.to_owned() });
        }
        pdf_remarks::add(&mut document, remarks);
        self.add(document, position);
        let mut keep = keep;
        let size = keep.as_ref().map_or(0, |pdf| pdf.len() as u64);
        // Its text is here; only pages that may hold a picture of some are not looked at.
        if let Some(first) = textless.first()
            && self.picture_bytes + size > MAX_PICTURE_BYTES
        {
            let place = Place { page: Some(*first), ..position.place() };
            self.note(Note { place, reason: not_looked_at(textless.len()) });
            return Ok(());
        }
        for page in textless {
            let sections = &self.out.document.sections[start..];
            let before = start + sections.partition_point(|section| section.place.page < Some(page));
            let place = Place { page: Some(page), ..position.place() };
            let picture = match position.depth {
                0 => Picture::Page(page),
                _ => Picture::MemberPage { page, bytes: keep.as_ref().map_or(0, |pdf| pdf.len() as u64) },
            };
            self.scan_before(before, picture, place, keep.take())?;
        }
        Ok(())
    }

    /// What people wrote on the pages of a PDF. It costs nobody the text.
    fn remarks_on(&mut self, content: &[u8]) -> Document {
        catch_unwind(AssertUnwindSafe(|| pdf_remarks::on_pages(content))).unwrap_or_else(|_| {
            self.panicked = true;
            pdf_remarks::unread("they made their reader fail")
        })
    }

    fn scan(&mut self, picture: Picture, place: Place, bytes: Option<Vec<u8>>) -> Result<(), Refusal> {
        self.scan_before(self.out.document.sections.len(), picture, place, bytes)
    }

    fn scan_before(
        &mut self,
        before: usize,
        picture: Picture,
        place: Place,
        bytes: Option<Vec<u8>>,
    ) -> Result<(), Refusal> {
        let size = bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        if self.picture_bytes + size > MAX_PICTURE_BYTES {
            let what = format!("more than {} MiB of pictures in one file", MAX_PICTURE_BYTES >> 20);
            return Err(Refusal::TooLarge { what });
        }
        self.picture_bytes += size;
        self.pictures.extend(bytes);
        self.out.scans.push(Scan { before, place, picture });
        Ok(())
    }

    /// Reads HTML that is part of something else.
    pub(super) fn parse_html(&self, html: &str) -> Option<Document> {
        self.parser.parse(media::HTML, html.as_bytes().to_vec(), Some("utf-8"), self.job).ok()
    }
}

fn not_looked_at(pages: usize) -> Reason {
    let limit = MAX_PICTURE_BYTES >> 20;
    let pages = if pages == 1 { "a page holds".to_owned() } else { format!("{pages} pages hold") };
    let message = format!(
        "{pages} no text, or a picture of it that is not recognized: pictures and scans within one file may take {limit} MiB; take the PDF out of it"
    );
    Reason::new("scans_not_read", message)
}

/// Whether a PDF has its last lines, which say where its parts are.
fn has_end(pdf: &[u8]) -> bool {
    const MARK: &[u8] = b"startxref";
    let tail = &pdf[pdf.len().saturating_sub(4096)..];
    tail.windows(MARK.len()).any(|window| window == MARK)
}

pub(super) fn too_large_unpacked() -> String {
    "unpacked it goes beyond what is safe to read".to_owned()
}

/// A name as an archive gives it, as a path for people: it is never used to open anything.
pub(super) fn shown_path(name: &str) -> String {
    let name = clean(name).replace('\\', "/");
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "." | ".."));
    parts.collect::<Vec<_>>().join("/")
}

fn now_seconds() -> i64 {
    clock_gettime(ClockId::Monotonic).tv_sec
}

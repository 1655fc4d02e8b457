//! The documents, written for this, and the questions with the documents that answer them.

use anyhow::Context;

const DOCUMENTS: &str = include_str!("../../data/quality-documents.txt");
const QUESTIONS: &str = include_str!("../../data/quality-questions.txt");
/// Words of a document that answers nothing.
const DISTRACTOR_WORDS: usize = 60;

pub struct Document {
    pub id: String,
    pub name: String,
    pub text: String,
}

pub struct Question {
    /// What makes it hard.
    pub kind: String,
    pub text: String,
    /// Documents that answer it, with a grade: 2 answers, 1 helps.
    pub answers: Vec<(String, u32)>,
}

pub struct Corpus {
    pub documents: Vec<Document>,
    pub questions: Vec<Question>,
}

impl Corpus {
    /// The corpus, with so many documents made of the words of the others in random order.
    pub fn read(distractors: usize) -> anyhow::Result<Self> {
        let mut documents = Vec::new();
        let mut words_of: Vec<(String, Vec<&str>)> = Vec::new();
        for block in DOCUMENTS.split("\n@").map(|block| block.trim_start_matches('@')) {
            let (head, text) = block.split_once('\n').context("a document has a head and a text")?;
            let (about, name) = head.split_once(" | ").context("a head has a name")?;
            let (language, id) = about.split_once(' ').context("a head has a language and an id")?;
            let text = text.trim();
            let words = text.split_whitespace();
            match words_of.iter_mut().find(|(of, _)| of == language) {
                Some((_, known)) => known.extend(words),
                None => words_of.push((language.to_owned(), words.collect())),
            }
            documents.push(Document { id: id.to_owned(), name: name.to_owned(), text: text.to_owned() });
        }
        // Where a language puts no spaces there are no words to mix.
        words_of.retain(|(_, words)| words.len() > 20);
        let mut below = random(7);
        for number in 0..distractors {
            let (_, words) = &words_of[number % words_of.len()];
            let text: Vec<&str> = (0..DISTRACTOR_WORDS).map(|_| words[below(words.len())]).collect();
            let id = format!("distractor{number}");
            documents.push(Document { name: format!("file {number}.txt"), id, text: text.join(" ") });
        }
        let questions = QUESTIONS.lines().filter(|line| !line.is_empty()).map(|line| {
            let parts: Vec<&str> = line.split(" | ").collect();
            let [kind, text, answers] = parts.as_slice() else {
                anyhow::bail!("a question has three parts: {line}")
            };
            let answers = answers.split(' ').map(|answer| {
                let (id, grade) = answer.split_once('=').context("an answer has a grade")?;
                Ok((id.to_owned(), grade.parse()?))
            });
            let answers = answers.collect::<anyhow::Result<_>>()?;
            Ok(Question { kind: (*kind).to_owned(), text: (*text).to_owned(), answers })
        });
        let questions = questions.collect::<anyhow::Result<_>>()?;
        Ok(Self { documents, questions })
    }
}

/// Numbers below what is asked for, the same in every run.
pub fn random(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |end| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % end.max(1)
    }
}

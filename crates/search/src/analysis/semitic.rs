//! What Arabic and Hebrew write together with a word: conjunctions, prepositions, articles.

/// An Arabic word without the conjunction or preposition before its article, and without the article.
pub(super) fn without_what_is_joined(word: &str) -> Option<&str> {
    let joined = ["وال", "فال", "بال", "كال", "لل"];
    joined.into_iter().find_map(|joined| word.strip_prefix(joined)).filter(|rest| rest.chars().count() >= 3)
}

/// A Hebrew word, and what is left without the letters that are written together with it (and, the, in, to, from,
/// that) and without the plural's ending. Which of them belong to the word cannot be told; so all are kept.
pub(super) fn hebrew_forms(word: &str) -> Vec<String> {
    const MIN_LEFT: usize = 3;
    let long_enough = |rest: &str| rest.chars().count() >= MIN_LEFT;
    let mut begun = vec![word];
    if let Some(rest) = word.strip_prefix('ו').filter(|rest| long_enough(rest)) {
        begun.push(rest);
    }
    for from in begun.clone() {
        if let Some(rest) = from.strip_prefix(['ב', 'כ', 'ל', 'מ', 'ש']).filter(|rest| long_enough(rest))
        {
            begun.push(rest);
        }
    }
    for from in begun.clone() {
        begun.extend(from.strip_prefix('ה').filter(|rest| long_enough(rest)));
    }
    let mut forms: Vec<String> = Vec::new();
    for form in begun {
        let stem = form.strip_suffix("ים").or(form.strip_suffix("ות")).filter(|rest| long_enough(rest));
        forms.extend([form, stem.unwrap_or(form)].map(without_final_forms));
    }
    forms
}

/// Letters look otherwise at a word's end; a stem has no end.
fn without_final_forms(word: &str) -> String {
    let plain = |c| match c {
        'ך' => 'כ',
        'ם' => 'מ',
        'ן' => 'נ',
        'ף' => 'פ',
        'ץ' => 'צ',
        c => c,
    };
    word.chars().map(plain).collect()
}

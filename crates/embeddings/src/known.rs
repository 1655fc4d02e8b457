//! Models that can be fetched by name: where they are published, and what their files are, byte for byte.
//!
//! The digests of all-MiniLM-L6-v2 are those of the files that the tests load. Those of the other are the ones that
//! several projects publish for the same revision; files that differ from them are refused.

/// A file of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// Its place in the folder, and behind the address.
    pub name: &'static str,
    pub bytes: u64,
    /// In hex digits.
    pub sha256: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownModel {
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// What the files' names are appended to: one revision, for good.
    pub address: &'static str,
    pub files: &'static [KnownFile],
    /// What has to be set beside the folder, as it is written in the configuration.
    pub settings: &'static [(&'static str, &'static str)],
}

impl KnownModel {
    pub fn find(name: &str) -> Option<&'static KnownModel> {
        KNOWN.iter().find(|model| model.name.eq_ignore_ascii_case(name))
    }

    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

pub static KNOWN: &[KnownModel] = &[
    KnownModel {
        name: "all-MiniLM-L6-v2",
        about: "English; small and fast; Apache-2.0",
        address: "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/1110a243fdf4706b3f48f1d95db1a4f5529b4d41/",
        files: &[
            KnownFile {
                name: "config.json",
                bytes: 612,
                sha256: "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            },
            KnownFile {
                name: "sentence_bert_config.json",
                bytes: 53,
                sha256: "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            },
            KnownFile {
                name: "tokenizer.json",
                bytes: 466_247,
                sha256: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            },
            KnownFile {
                name: "model.safetensors",
                bytes: 90_868_376,
                sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            },
        ],
        settings: &[],
    },
    KnownModel {
        name: "multilingual-e5-small",
        about: "about a hundred languages; twice the work of a text, 0.5 GB; MIT",
        address: "https://huggingface.co/intfloat/multilingual-e5-small/resolve/614241f622f53c4eeff9890bdc4f31cfecc418b3/",
        files: &[
            KnownFile {
                name: "config.json",
                bytes: 655,
                sha256: "69137736cab8b8903a07fe8afaafdda25aac55415a12a55d1bffa9f581abf959",
            },
            KnownFile {
                name: "sentence_bert_config.json",
                bytes: 57,
                sha256: "948201d8329907aae938fa62f9ceeed53f5694dacc2b87b9f3b78b37ee986529",
            },
            KnownFile {
                name: "tokenizer.json",
                bytes: 17_082_730,
                sha256: "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
            },
            KnownFile {
                name: "model.safetensors",
                bytes: 470_641_600,
                sha256: "1a55775f53449dac10a2bcbc312469fac40b96d53198c407081a831f81c98477",
            },
        ],
        settings: &[
            ("query_prefix", "\"query: \""),
            ("passage_prefix", "\"passage: \""),
            ("min_similarity_percent", "75"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_model_is_whole_and_pinned() {
        for model in KNOWN {
            assert!(model.address.starts_with("https://") && model.address.ends_with('/'), "{}", model.name);
            assert!(!model.address.contains("/main/"), "{} is one revision", model.name);
            for needed in ["config.json", "tokenizer.json", "model.safetensors"] {
                assert!(model.files.iter().any(|file| file.name == needed), "{} {needed}", model.name);
            }
            for file in model.files {
                assert!(file.bytes > 0 && hex::decode(file.sha256).unwrap().len() == 32, "{}", file.name);
            }
            assert_eq!(KnownModel::find(&model.name.to_uppercase()), Some(model));
        }
    }
}

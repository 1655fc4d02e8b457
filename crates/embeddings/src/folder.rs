//! What lies in the folder of a sentence model.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use aws_lc_rs::digest::{Context, SHA256};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::local_options::{CONFIG, ModelError, TOKENIZER, WEIGHTS};

/// Says how long a text the model was made for; may be missing.
pub(crate) const LIMITS: &str = "sentence_bert_config.json";
/// Says how the vectors of a text's tokens become one; may be missing.
pub(crate) const POOLING: &str = "1_Pooling/config.json";
/// Says which steps make a vector; may be missing.
const MODULES: &str = "modules.json";

/// A description larger than this is none.
const LARGEST_DESCRIPTION: u64 = 64 << 20;
/// Weights are read as a whole.
const LARGEST_WEIGHTS: u64 = 4 << 30;

/// What the files of a folder say, before anything is made of the weights.
pub(crate) struct Contents {
    pub config: BertConfig,
    pub pooling: Pooling,
    /// Tokens of a text that are read, the two marks at its ends counted.
    pub max_tokens: usize,
    pub tokenizer: Vec<u8>,
    pub weights: Vec<u8>,
    /// Tells the files apart from any others.
    pub digest: String,
}

/// The settings of an encoder that this program can run.
#[derive(Debug, Deserialize)]
pub(crate) struct BertConfig {
    pub model_type: String,
    pub vocab_size: usize,
    pub hidden_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub intermediate_size: usize,
    #[serde(default = "gelu")]
    pub hidden_act: String,
    pub max_position_embeddings: usize,
    #[serde(default = "two")]
    pub type_vocab_size: usize,
    #[serde(default = "usual_epsilon")]
    pub layer_norm_eps: f64,
    #[serde(default)]
    pub pad_token_id: usize,
    #[serde(default)]
    pub position_embedding_type: Option<String>,
}

fn gelu() -> String {
    "gelu".to_owned()
}

fn two() -> usize {
    2
}

fn usual_epsilon() -> f64 {
    1e-12
}

/// How the vectors of a text's tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pooling {
    Mean,
    /// That of the mark at its beginning.
    First,
}

#[derive(Deserialize)]
struct PoolingFile {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    #[serde(default)]
    pooling_mode_max_tokens: bool,
    #[serde(default)]
    pooling_mode_mean_sqrt_len_tokens: bool,
}

#[derive(Deserialize)]
struct LimitsFile {
    max_seq_length: Option<usize>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

impl Contents {
    pub fn read(folder: &Path) -> Result<Self, ModelError> {
        if !folder.is_dir() {
            return Err(ModelError::NoFolder(folder.to_owned()));
        }
        let mut read = Reader { folder, digest: Context::new(&SHA256) };
        let config: BertConfig = read.json(CONFIG)?.ok_or_else(|| read.missing(CONFIG))?;
        read.check(&config)?;
        read.modules()?;
        let pooling = read.pooling()?;
        let limits = read.json::<LimitsFile>(LIMITS)?.and_then(|limits| limits.max_seq_length);
        let max_tokens = config.longest_text().min(limits.unwrap_or(usize::MAX));
        if max_tokens < 8 {
            return Err(
                read.wrong(LIMITS, format!("max_seq_length is {max_tokens}, which holds no sentence"))
            );
        }
        let tokenizer = read.bytes(TOKENIZER, LARGEST_DESCRIPTION)?.ok_or_else(|| read.missing(TOKENIZER))?;
        let weights = read.bytes(WEIGHTS, LARGEST_WEIGHTS)?.ok_or_else(|| read.missing(WEIGHTS))?;
        let digest = hex::encode(&read.digest.finish().as_ref()[..6]);
        Ok(Self { config, pooling, max_tokens, tokenizer, weights, digest })
    }
}

impl BertConfig {
    /// RoBERTa and its kin begin to count places behind the one of the filler.
    pub fn first_place(&self) -> usize {
        if self.model_type == "bert" { 0 } else { self.pad_token_id + 1 }
    }

    fn longest_text(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.first_place())
    }
}

struct Reader<'a> {
    folder: &'a Path,
    digest: Context,
}

impl Reader<'_> {
    /// What a file holds; `None` when there is none.
    fn bytes(&mut self, file: &'static str, largest: u64) -> Result<Option<Vec<u8>>, ModelError> {
        let path = self.folder.join(file);
        let read = || -> std::io::Result<(u64, Vec<u8>)> {
            let file = File::open(&path)?;
            let length = file.metadata()?.len();
            let mut bytes = Vec::new();
            if length <= largest {
                bytes.reserve_exact(length as usize);
                file.take(largest + 1).read_to_end(&mut bytes)?;
            }
            Ok((length, bytes))
        };
        match read() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(ModelError::Unreadable { path, source }),
            Ok((length, _)) if length > largest => {
                Err(self.wrong(file, format!("it has {length} bytes, more than the {largest} that are read")))
            }
            Ok((length, bytes)) => {
                self.digest.update(file.as_bytes());
                self.digest.update(&length.to_le_bytes());
                self.digest.update(&bytes);
                Ok(Some(bytes))
            }
        }
    }

    fn json<T: DeserializeOwned>(&mut self, file: &'static str) -> Result<Option<T>, ModelError> {
        let Some(bytes) = self.bytes(file, LARGEST_DESCRIPTION)? else { return Ok(None) };
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(self.wrong(file, format!("it does not say what is expected: {error}"))),
        }
    }

    fn check(&self, config: &BertConfig) -> Result<(), ModelError> {
        let kinds = ["bert", "roberta", "xlm-roberta", "camembert"];
        if !kinds.contains(&config.model_type.as_str()) {
            let message =
                format!("model_type is {:?}; this program runs {}", config.model_type, kinds.join(", "));
            return Err(self.wrong(CONFIG, message));
        }
        if let Some(kind) = config.position_embedding_type.as_deref().filter(|kind| *kind != "absolute") {
            let message = format!("position_embedding_type is {kind:?}; this program runs \"absolute\"");
            return Err(self.wrong(CONFIG, message));
        }
        let (size, heads) = (config.hidden_size, config.num_attention_heads);
        if heads == 0 || size == 0 || size % heads != 0 {
            let message = format!("hidden_size {size} cannot be divided among {heads} num_attention_heads");
            return Err(self.wrong(CONFIG, message));
        }
        for (name, number) in [
            ("vocab_size", config.vocab_size),
            ("num_hidden_layers", config.num_hidden_layers),
            ("intermediate_size", config.intermediate_size),
            ("max_position_embeddings", config.max_position_embeddings),
            ("type_vocab_size", config.type_vocab_size),
        ] {
            if !(1..=1 << 24).contains(&number) {
                return Err(self.wrong(CONFIG, format!("{name} is {number}, which no model has")));
            }
        }
        Ok(())
    }

    /// Fails where the model has a step that is not known here: without it the vectors would be others.
    fn modules(&mut self) -> Result<(), ModelError> {
        let known = ["Transformer", "Pooling", "Normalize"];
        for module in self.json::<Vec<Module>>(MODULES)?.unwrap_or_default() {
            let name = module.kind.rsplit('.').next().unwrap_or_default();
            if !known.contains(&name) {
                let message = format!("it has a step {name:?}; this program runs {}", known.join(", "));
                return Err(self.wrong(MODULES, message));
            }
        }
        Ok(())
    }

    fn pooling(&mut self) -> Result<Pooling, ModelError> {
        let Some(file) = self.json::<PoolingFile>(POOLING)? else { return Ok(Pooling::Mean) };
        let others = file.pooling_mode_max_tokens || file.pooling_mode_mean_sqrt_len_tokens;
        match (file.pooling_mode_mean_tokens, file.pooling_mode_cls_token, others) {
            (true, false, false) => Ok(Pooling::Mean),
            (false, true, false) => Ok(Pooling::First),
            _ => Err(self.wrong(POOLING, "this program pools by mean_tokens or by cls_token, one of them")),
        }
    }

    fn missing(&self, file: &'static str) -> ModelError {
        ModelError::Missing { folder: self.folder.to_owned(), file }
    }

    fn wrong(&self, file: &str, message: impl Into<String>) -> ModelError {
        ModelError::Content { path: self.folder.join(file), message: message.into() }
    }
}

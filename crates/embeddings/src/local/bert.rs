//! The encoder itself: embeddings, layers of attention, and one vector of unit length for each text.

use std::path::Path;

use candle_core::safetensors::{Load, SliceSafetensors};
use candle_core::{DType, Device, Module, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{LayerNorm, Linear};

use crate::folder::{BertConfig, Pooling};
use crate::local_options::{CONFIG, ModelError, WEIGHTS};

/// Added where a text has only fillers, so that nothing is taken from them.
const NOTHING: f32 = -1e9;
const CPU: Device = Device::Cpu;

pub struct Bert {
    words: Tensor,
    /// Those of the places of a text, with that of a text that stands alone added.
    places: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    pooling: Pooling,
}

struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    attended: Linear,
    attended_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    outer_norm: LayerNorm,
    activation: Activation,
    heads: usize,
}

#[derive(Clone, Copy)]
enum Activation {
    Gelu,
    /// By the hyperbolic tangent, as some were trained.
    NearGelu,
    Relu,
}

impl Bert {
    /// Takes from the file what the configuration asks for, each in the shape it asks for.
    pub fn read(
        folder: &Path,
        config: &BertConfig,
        pooling: Pooling,
        file: &[u8],
    ) -> std::result::Result<Self, ModelError> {
        let weights = Weights::open(folder, config, file)?;
        let activation = match config.hidden_act.as_str() {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::NearGelu,
            "relu" => Activation::Relu,
            other => {
                let message = format!(
                    "hidden_act is {other:?}; this program runs gelu, gelu_new, gelu_pytorch_tanh, relu"
                );
                return Err(ModelError::Content { path: folder.join(CONFIG), message });
            }
        };
        let size = config.hidden_size;
        let table =
            |name: &str, rows: usize| weights.get(&format!("embeddings.{name}.weight"), &[rows, size]);
        let kinds = table("token_type_embeddings", config.type_vocab_size)?;
        let places = table("position_embeddings", config.max_position_embeddings)?;
        let (first, count) = (config.first_place(), config.max_position_embeddings);
        let places = kinds
            .narrow(0, 0, 1)
            .and_then(|kind| places.narrow(0, first, count.saturating_sub(first))?.broadcast_add(&kind))
            .map_err(|error| weights.wrong(error.to_string()))?;
        let layers = (0..config.num_hidden_layers).map(|at| Layer::read(&weights, at, activation));
        Ok(Self {
            words: table("word_embeddings", config.vocab_size)?,
            places,
            norm: weights.norm("embeddings.LayerNorm")?,
            layers: layers.collect::<std::result::Result<_, _>>()?,
            pooling,
        })
    }

    pub fn dimensions(&self) -> usize {
        self.words.dim(1).unwrap_or_default()
    }

    /// A vector of unit length for each text.
    pub fn vectors(&self, texts: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        let (count, length) = (texts.len(), texts.iter().map(Vec::len).max().unwrap_or_default());
        if length == 0 {
            return Ok(vec![Vec::new(); count]);
        }
        let is_even = texts.iter().all(|text| text.len() == length);
        let filled = |text: &Vec<u32>| {
            text.iter().copied().chain(std::iter::repeat(0)).take(length).collect::<Vec<_>>()
        };
        let ids = Tensor::from_vec(texts.iter().flat_map(filled).collect(), count * length, &CPU)?;
        let words = self.words.index_select(&ids, 0)?.reshape((count, length, ()))?;
        let mut x = self.norm.forward(&words.broadcast_add(&self.places.narrow(0, 0, length)?)?)?;
        let hidden = match is_even {
            true => None,
            false => Some(mask(texts, length, 0.0, NOTHING)?.reshape((count, 1, 1, length))?),
        };
        for layer in &self.layers {
            x = layer.forward(&x, hidden.as_ref())?;
        }
        let pooled = match self.pooling {
            Pooling::First => x.narrow(1, 0, 1)?.squeeze(1)?,
            // The sum points where the mean does.
            Pooling::Mean if is_even => x.sum(1)?,
            Pooling::Mean => {
                let counts = mask(texts, length, 1.0, 0.0)?.reshape((count, length, 1))?;
                x.broadcast_mul(&counts)?.sum(1)?
            }
        };
        let mut vectors = pooled.to_vec2::<f32>()?;
        for vector in &mut vectors {
            let norm = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
            vector.iter_mut().for_each(|number| *number /= norm);
        }
        Ok(vectors)
    }
}

/// One number for the tokens of each text, another for what it is filled up with.
fn mask(texts: &[Vec<u32>], length: usize, token: f32, filler: f32) -> Result<Tensor> {
    let row = |text: &Vec<u32>| {
        let tokens = text.len();
        (0..length).map(move |place| if place < tokens { token } else { filler }).collect::<Vec<_>>()
    };
    Tensor::from_vec(texts.iter().flat_map(row).collect(), texts.len() * length, &CPU)
}

impl Layer {
    fn read(weights: &Weights, at: usize, activation: Activation) -> std::result::Result<Self, ModelError> {
        let (size, wide) = (weights.config.hidden_size, weights.config.intermediate_size);
        let named = |name: &str| format!("encoder.layer.{at}.{name}");
        let square = |name: &str| weights.linear(&named(name), size, size);
        Ok(Self {
            query: square("attention.self.query")?,
            key: square("attention.self.key")?,
            value: square("attention.self.value")?,
            attended: square("attention.output.dense")?,
            attended_norm: weights.norm(&named("attention.output.LayerNorm"))?,
            inner: weights.linear(&named("intermediate.dense"), size, wide)?,
            outer: weights.linear(&named("output.dense"), wide, size)?,
            outer_norm: weights.norm(&named("output.LayerNorm"))?,
            activation,
            heads: weights.config.num_attention_heads,
        })
    }

    fn forward(&self, x: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
        let (count, length, size) = x.dims3()?;
        let width = size / self.heads;
        let by_heads = |part: &Linear| {
            part.forward(x)?.reshape((count, length, self.heads, width))?.transpose(1, 2)?.contiguous()
        };
        let query = (by_heads(&self.query)? * (1.0 / (width as f64).sqrt()))?;
        let mut scores = query.matmul(&by_heads(&self.key)?.t()?)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        let seen = softmax_last_dim(&scores)?.matmul(&by_heads(&self.value)?)?;
        let seen = seen.transpose(1, 2)?.reshape((count, length, size))?;
        let x = self.attended_norm.forward(&(x + self.attended.forward(&seen)?)?)?;
        let inner = self.inner.forward(&x)?;
        let inner = match self.activation {
            Activation::Gelu => inner.gelu_erf()?,
            Activation::NearGelu => inner.gelu()?,
            Activation::Relu => inner.relu()?,
        };
        self.outer_norm.forward(&(&x + self.outer.forward(&inner)?)?)
    }
}

/// The weights of a file, by name.
struct Weights<'a> {
    folder: &'a Path,
    config: &'a BertConfig,
    file: SliceSafetensors<'a>,
    /// What stands before all names.
    prefix: &'static str,
}

impl<'a> Weights<'a> {
    fn open(
        folder: &'a Path,
        config: &'a BertConfig,
        file: &'a [u8],
    ) -> std::result::Result<Self, ModelError> {
        let path = || folder.join(WEIGHTS);
        let file = SliceSafetensors::new(file).map_err(|error| ModelError::Content {
            path: path(),
            message: format!("it is cut off, damaged, or no safetensors file: {error}"),
        })?;
        let prefix = ["", "bert.", "roberta.", "model."]
            .into_iter()
            .find(|prefix| file.get(&format!("{prefix}embeddings.word_embeddings.weight")).is_ok());
        let Some(prefix) = prefix else {
            let message = "it has no embeddings.word_embeddings.weight: it is no encoder of BERT's family";
            return Err(ModelError::Content { path: path(), message: message.to_owned() });
        };
        Ok(Self { folder, config, file, prefix })
    }

    fn get(&self, name: &str, shape: &[usize]) -> std::result::Result<Tensor, ModelError> {
        let name = format!("{}{name}", self.prefix);
        let view = self.file.get(&name).map_err(|_| self.wrong(format!("it has no {name}")))?;
        if view.shape() != shape {
            let found = view.shape();
            return Err(
                self.wrong(format!("{name} has the shape {found:?}, and {CONFIG} asks for {shape:?}"))
            );
        }
        let numbers = view.load(&CPU).and_then(|tensor| match tensor.dtype() {
            DType::F32 => Ok(tensor),
            DType::F16 | DType::BF16 | DType::F64 => tensor.to_dtype(DType::F32),
            other => Err(candle_core::Error::Msg(format!("its numbers are of the kind {other:?}"))),
        });
        numbers.map_err(|error| self.wrong(format!("{name} cannot be read: {error}")))
    }

    fn linear(&self, name: &str, from: usize, to: usize) -> std::result::Result<Linear, ModelError> {
        let weight = self.get(&format!("{name}.weight"), &[to, from])?;
        Ok(Linear::new(weight, Some(self.get(&format!("{name}.bias"), &[to])?)))
    }

    fn norm(&self, name: &str) -> std::result::Result<LayerNorm, ModelError> {
        let size = self.config.hidden_size;
        let part = |part: &str| self.get(&format!("{name}.{part}"), &[size]);
        Ok(LayerNorm::new(part("weight")?, part("bias")?, self.config.layer_norm_eps))
    }

    fn wrong(&self, message: String) -> ModelError {
        ModelError::Content { path: self.folder.join(WEIGHTS), message }
    }
}

//! File bytes, real or made when read, and Dropbox's content hash.

use aws_lc_rs::digest::{Context, SHA256, digest};
use bytes::Bytes;

use crate::kernel::words::filler_text;

const BLOCK: usize = 4 * 1024 * 1024;

/// Where the bytes of a revision come from.
#[derive(Debug, Clone)]
pub enum Content {
    Bytes(Bytes),
    /// Sentences that depend only on the seed.
    Filler {
        seed: u64,
        size: u64,
    },
    Zeros(u64),
}

impl Content {
    pub fn size(&self) -> u64 {
        match self {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Filler { size, .. } | Content::Zeros(size) => *size,
        }
    }

    pub fn read(&self) -> Bytes {
        match self {
            Content::Bytes(bytes) => bytes.clone(),
            Content::Filler { seed, size } => filler_text(*seed, *size as usize).into(),
            Content::Zeros(size) => vec![0; *size as usize].into(),
        }
    }
}

/// Returns the content hash: SHA-256 over the SHA-256 digests of 4 MiB blocks.
pub fn block_hash(bytes: &[u8]) -> [u8; 32] {
    let mut whole = Context::new(&SHA256);
    for block in bytes.chunks(BLOCK) {
        whole.update(digest(&SHA256, block).as_ref());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(whole.finish().as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dropbox::text::hex;

    #[test]
    fn the_content_hash_at_the_edges_of_a_block() {
        let vectors = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "1406e05881e299367766d313e26c05564ec91bf721d31726bd6e46e60689539a"),
            (4_194_303, "839e2d868a885f260431d186466f0f3c189ee0eee5cc444b54e717740ad7f1c3"),
            (4_194_304, "c7e946d101855255d919ef0c70718633adf77d3dfb3adeeecf5d0cb4e951be58"),
            (4_194_305, "14a4d47f23a30177885d9820122f17d2d3a55fe63f7f5c27b95f689e0b2accd6"),
            (8_388_608, "03ae066c707c588592d9e27aa2444ca98423e0999024f1ceaa11a153790b37de"),
        ];
        for (size, expected) in vectors {
            assert_eq!(hex(&block_hash(&Content::Zeros(size).read())), expected, "{size}");
        }
    }
}

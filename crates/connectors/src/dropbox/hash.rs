//! Dropbox's content hash: the hash of the hashes of blocks of 4 MiB.
//! <https://www.dropbox.com/developers/reference/content-hash>

use aws_lc_rs::digest::{Context, SHA256};

const BLOCK: usize = 4 << 20;

/// A content hash in the making.
pub struct ContentHash {
    of_blocks: Context,
    of_block: Context,
    in_block: usize,
}

impl Default for ContentHash {
    fn default() -> Self {
        Self { of_blocks: Context::new(&SHA256), of_block: Context::new(&SHA256), in_block: 0 }
    }
}

impl ContentHash {
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(BLOCK - self.in_block));
            self.of_block.update(now);
            self.in_block += now.len();
            if self.in_block == BLOCK {
                self.end_block();
            }
            bytes = rest;
        }
    }

    /// The hash in lower-case hexadecimal digits.
    pub fn finish(mut self) -> String {
        if self.in_block > 0 {
            self.end_block();
        }
        hex::encode(self.of_blocks.finish())
    }

    fn end_block(&mut self) {
        let block = std::mem::replace(&mut self.of_block, Context::new(&SHA256));
        self.of_blocks.update(block.finish().as_ref());
        self.in_block = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_zeros(count: usize, chunk: usize) -> String {
        let mut hash = ContentHash::default();
        let zeros = vec![0; count];
        zeros.chunks(chunk).for_each(|chunk| hash.update(chunk));
        hash.finish()
    }

    #[test]
    fn known_hashes_come_out_however_the_bytes_arrive() {
        for (count, expected) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "1406e05881e299367766d313e26c05564ec91bf721d31726bd6e46e60689539a"),
            (4_194_303, "839e2d868a885f260431d186466f0f3c189ee0eee5cc444b54e717740ad7f1c3"),
            (4_194_304, "c7e946d101855255d919ef0c70718633adf77d3dfb3adeeecf5d0cb4e951be58"),
            (4_194_305, "14a4d47f23a30177885d9820122f17d2d3a55fe63f7f5c27b95f689e0b2accd6"),
            (8_388_608, "03ae066c707c588592d9e27aa2444ca98423e0999024f1ceaa11a153790b37de"),
        ] {
            for chunk in [64 << 10, 1_000_003, 16 << 20] {
                assert_eq!(of_zeros(count, chunk), expected, "{count} bytes by {chunk}");
            }
        }
    }
}

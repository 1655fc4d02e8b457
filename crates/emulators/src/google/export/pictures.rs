//! The smallest valid pictures and videos, for targets whose looks do not matter.

use crate::kernel::archive::crc32;

/// A white PNG: one filter byte and white grey pixels per row, in stored deflate blocks.
pub fn white_png(width: u32, height: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for _ in 0..height {
        rows.push(0);
        rows.extend(std::iter::repeat_n(0xff, width as usize));
    }
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend_from_slice(&(rows.len() as u16).to_le_bytes());
    stream.extend_from_slice(&(!(rows.len() as u16)).to_le_bytes());
    stream.extend_from_slice(&rows);
    stream.extend_from_slice(&adler32(&rows).to_be_bytes());
    let mut header = Vec::new();
    header.extend_from_slice(&width.to_be_bytes());
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (name, data) in [(b"IHDR", &header), (b"IDAT", &stream), (b"IEND", &Vec::new())] {
        png.extend_from_slice(&(data.len() as u32).to_be_bytes());
        let mut chunk = name.to_vec();
        chunk.extend_from_slice(data);
        png.extend_from_slice(&chunk);
        png.extend_from_slice(&crc32(&chunk).to_be_bytes());
    }
    png
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1u32, 0u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    (high << 16) | low
}

/// A baseline JPEG of one white block of 8 by 8 pixels.
pub fn white_jpeg() -> Vec<u8> {
    let mut jpeg = vec![0xff, 0xd8, 0xff, 0xe0, 0, 16];
    jpeg.extend_from_slice(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    jpeg.extend_from_slice(&[0xff, 0xdb, 0, 67, 0]);
    jpeg.extend_from_slice(&[1; 64]);
    jpeg.extend_from_slice(&[0xff, 0xc0, 0, 11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0]);
    // One DC code of one bit for category 10, one AC code of one bit for end of block.
    for (table, symbol) in [(0x00, 10u8), (0x10, 0)] {
        jpeg.extend_from_slice(&[0xff, 0xc4, 0, 20, table, 1]);
        jpeg.extend_from_slice(&[0; 15]);
        jpeg.push(symbol);
    }
    jpeg.extend_from_slice(&[0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    // Bits: 0 (category 10), 1111111000 (DC 1016), 0 (end of block), padding of ones.
    jpeg.extend_from_slice(&[0b0111_1111, 0b0000_1111, 0xff, 0xd9]);
    jpeg
}

/// An MP4 file without tracks.
pub fn empty_mp4() -> Vec<u8> {
    let mut file = b"\0\0\0\x18ftypisom\0\0\x02\0isommp41".to_vec();
    let mut header = vec![0u8; 100];
    header[15] = 1; // version and flags, times, then a timescale of 1
    header[21] = 1; // rate 1.0 as 0x00010000
    header[24] = 1; // volume 1.0
    header[99] = 1; // next track id
    let mut movie_header = ((header.len() + 8) as u32).to_be_bytes().to_vec();
    movie_header.extend_from_slice(b"mvhd");
    movie_header.extend_from_slice(&header);
    file.extend_from_slice(&((movie_header.len() + 8) as u32).to_be_bytes());
    file.extend_from_slice(b"moov");
    file.extend_from_slice(&movie_header);
    file
}

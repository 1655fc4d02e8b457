//! Pages of a PDF that are one large picture with a few words on it, by `pdfimages`: scans that somebody stamped, or that
//! the program of a scanner signed.

use std::collections::BTreeSet;
use std::path::Path;

use super::reach::Needs;
use super::run::{Feed, RunLimits, Step, ToolError, run_chain};
use crate::pool::WorkerCommand;

/// From this size on a picture is a sheet of paper, in square inches: a little less than half of A5.
const SHEET: f32 = 20.0;

/// Names the pages among those given that show a picture as large as a sheet.
pub(crate) async fn sheets_among(
    pages: &[u32],
    worker: &WorkerCommand,
    pdfimages: &Path,
    feed: Feed<'_>,
    limits: RunLimits,
) -> Result<Vec<u32>, ToolError> {
    let (Some(first), Some(last)) = (pages.first(), pages.last()) else { return Ok(Vec::new()) };
    let args = ["-list", "-f", &first.to_string(), "-l", &last.to_string(), "-"].map(str::to_owned).to_vec();
    let step = Step { program: pdfimages, args, needs: Needs::Fonts, data_folder: None };
    let printed = run_chain(worker, &[step], feed, limits).await?;
    let sheets: BTreeSet<u32> =
        String::from_utf8_lossy(&printed.bytes).lines().filter_map(sheet_of).collect();
    Ok(pages.iter().copied().filter(|page| sheets.contains(page)).collect())
}

/// The page of a picture that is a sheet. Its kind and its pixels stand at the start of the line, pixels per inch before
/// the last two columns.
fn sheet_of(line: &str) -> Option<u32> {
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [page, _, "image" | "stencil", width, height, .., x_ppi, y_ppi, _, _] = columns.as_slice() else {
        return None;
    };
    let inches = |pixels: &str, ppi: &str| Some(pixels.parse::<f32>().ok()? / ppi.parse::<f32>().ok()?);
    let size = inches(width, x_ppi)? * inches(height, y_ppi)?;
    (size >= SHEET).then(|| page.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_pictures_are_sheets() {
        let printed = "page   num  type   width height color comp bpc  enc interp  object ID x-ppi y-ppi size ratio\n\
            ----------------------------------------\n\
               1     0 image    1654  2338  gray    1   8  image  no         3  0   200   200 2783K  74%\n\
               2     1 image     300   200  rgb     3   8  jpeg   no        [inline]   200   200 12K  74%\n\
               3     2 smask    1654  2338  gray    1   8  image  no         3  0   200   200 2783K  74%\n\
               4     3 stencil  2480  3508  -       1   1  ccitt  no         9  0   300   300 20.1K 1.0%\n\
               5     4 image    1654  2338  gray    1   8  image  no         3  0     0     x 2783K  74%\n";
        let pages: Vec<u32> = printed.lines().filter_map(sheet_of).collect();
        assert_eq!(pages, [1, 4]);
    }
}

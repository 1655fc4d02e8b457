//! A stand-in for Tesseract that waits to be told: order, time and failures of text recognition can be played with it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use gangway_extract::{Recognition, Tools};

/// Knows one language, and gives its words when the gate lets it through.
pub struct Gate {
    folder: tempfile::TempDir,
    pipe: File,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let gate = folder.path().join("gate");
        let made = std::process::Command::new("mkfifo").arg(&gate).status().expect("mkfifo is there");
        assert!(made.success(), "the pipe is made");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = --list-langs ]; then echo eng; exit; fi\n\
             read -r line < {}\necho recognized $line\n",
            gate.display()
        );
        let program = folder.path().join("tesseract");
        std::fs::write(&program, script).expect("the script is written");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("the script can be run");
        // Open for both, so that neither side waits for the other to open it.
        let pipe = OpenOptions::new().read(true).write(true).open(&gate).expect("the pipe is opened");
        Self { folder, pipe }
    }

    pub fn program(&self) -> PathBuf {
        self.folder.path().join("tesseract")
    }

    pub fn tools(&self) -> Tools {
        Tools { tesseract: Some(self.program()), ..Tools::default() }
    }

    pub fn recognition(&self) -> Recognition {
        // The folder that the script may read, and with it the gate.
        Recognition { data_folder: Some(self.folder.path().to_owned()), ..Recognition::default() }
    }

    /// Lets one through, now or when it comes.
    pub fn lets_through(&self, words: &str) {
        (&self.pipe).write_all(format!("{words}\n").as_bytes()).expect("the pipe takes a line");
    }

    /// Whether somebody stands before the gate.
    pub fn is_somebody_there(&self) -> bool {
        let program = self.program().display().to_string();
        let processes = std::fs::read_dir("/proc").expect("the processes are listed").flatten();
        processes.filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok()).any(
            |line| {
                let mut words = line.split('\0');
                words.clone().any(|word| word == program) && words.all(|word| word != "--list-langs")
            },
        )
    }
}

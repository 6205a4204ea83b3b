//! Writes a block of 200 tasks: ten per layer. Each needs up to three tasks of earlier layers.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut block = "#[dag]\nimpl Wide {\n".to_owned();
    for task in 0..200_usize {
        let needed: Vec<String> = [7, 13, 29]
            .iter()
            .filter_map(|back| task.checked_sub(*back))
            .filter(|needed| (task + needed) % 3 > 0)
            .map(|needed| format!("task_{needed}"))
            .collect();
        if !needed.is_empty() {
            writeln!(block, "    #[depends({})]", needed.join(", ")).expect("a string takes all");
        }
        writeln!(block, "    /// Is number {task}.\n    pub async fn task_{task}(&self) {{}}")
            .expect("a string takes all");
    }
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("wide.rs"), block + "}\n").expect("OUT_DIR can be written to");
}

//! The inputs that the fuzzer has kept, and those of its findings, by what the fuzz target does with
//! them: `cargo xtask fuzz` looks for more.

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "the fuzz target reaches it")]
mod target;

use std::fs;
use std::path::Path;

#[test]
fn every_input_of_the_corpus_is_read() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/parse");
    let files = fs::read_dir(corpus).expect("there is a corpus");
    let mut count = 0;
    for file in files {
        let path = file.expect("an entry").path();
        println!("{}", path.display());
        let input = fs::read(path).expect("a readable file");
        target::parse(&input);
        target::present(&input);
        count += 1;
    }
    assert!(count > 20, "only {count} inputs");
}

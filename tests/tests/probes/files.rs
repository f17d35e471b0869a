//! FILE_CHECK: a number in a file, and what may stand there instead.

use anyhow::Result;
use ha_tests::lab::until;

use crate::cases::{Case, blocks, expectations};
use crate::scene::{NUMBER, PATIENCE, Scene};

#[test]
fn a_number_in_a_file() -> Result<()> {
    let scene = Scene::new()?;
    let cases: &[Case] = &[
        (
            "drained",
            "FILE_CHECK {\n track_file number\n weight 0\n}",
            Ok(()),
        ),
        (
            "needed",
            "FILE_CHECK {\n track_file number\n weight 0 reverse\n}",
            Err("file number is 0"),
        ),
        (
            "weighed",
            "FILE_CHECK {\n track_file number\n weight -127\n}",
            Ok(()),
        ),
    ];
    let mut blocks = blocks(cases);
    // To see that nobody waits for a file.
    blocks.push((
        "beside".to_owned(),
        "MISC_CHECK {\n misc_path /bin/true\n}".to_owned(),
    ));
    let _daemon = scene.start(&blocks)?;
    scene.expect(&expectations(cases))?;
    let good = expectations(cases);
    let bad = |words| {
        [
            ("drained", Err(words)),
            ("needed", Ok(())),
            ("weighed", Ok(())),
        ]
    };
    for (change, expected) in [
        ("echo 1 >NUMBER", bad("file number is 1").to_vec()),
        ("echo 0 >NUMBER", good.clone()),
        (
            "echo 0x2 >/run/next && mv /run/next NUMBER",
            vec![
                ("drained", Err("file number is 2")),
                ("needed", Ok(())),
                ("weighed", Err("file number is 2, which counts as -254")),
            ],
        ),
        ("rm NUMBER", good.clone()),
        ("echo -1 >NUMBER", bad("file number is -1").to_vec()),
        ("echo drain >NUMBER", good.clone()),
        ("echo 7 >NUMBER", vec![("drained", Err("file number is 7"))]),
        ("rm NUMBER && mkfifo NUMBER", good.clone()),
    ] {
        scene.director.sh(&change.replace("NUMBER", NUMBER))?;
        scene.expect(&expected)?;
    }
    // The thread goes on in spite of a pipe that nobody writes to.
    let runs =
        || Ok::<_, anyhow::Error>((scene.probe("drained")?.runs, scene.probe("beside")?.runs));
    let before = runs()?;
    until("more runs", PATIENCE, || {
        let now = runs()?;
        Ok(now.0 > before.0 + 3 && now.1 > before.1 + 3)
    })?;
    scene
        .director
        .sh(&format!("rm {NUMBER} && echo 9 >{NUMBER}"))?;
    scene.expect(&[("drained", Err("file number is 9"))])
}

//! The options of `warren` that say how it logs in, and how it ends.

use std::{fs, process::Command};

use warren_e2e::{Stack, warren};

#[test]
fn the_passcode_comes_from_a_file() {
    let stack = Stack::shared();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("passcode");
    let path = file.to_str().expect("UTF-8");
    let workers = ["workers", "--login", "guest", "--passcode-file", path];
    let cases: [(&[u8], &str); 6] = [
        (b"guest\n", ""),
        (b"guest", ""),
        (b"wrong\n", "unauthenticated: wrong login or passcode"),
        (b"\n", "invalid_argument: the passcode file"),
        (b"gu\nest\n", "invalid_argument: the passcode file"),
        (b"\xff\n", "invalid_argument: the passcode file"),
    ];
    for (content, beginning) in cases {
        fs::write(&file, content).expect("it is written");
        let output = stack.warren(&workers);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.starts_with(beginning), "{content:?}: {said}");
        assert_eq!(output.status.success(), beginning.is_empty(), "{said}");

        let mut by_environment = stack.warren_command(&["workers", "--login", "guest"]);
        let output = by_environment.env("WARREN_PASSCODE_FILE", &file).output();
        let output = output.expect("warren runs");
        assert_eq!(output.status.success(), beginning.is_empty(), "{content:?}");
    }
    fs::remove_file(&file).expect("it is there");
    let said = stack.warren(&workers).stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains(path), "{said}");
}

#[test]
fn exit_codes_tell_the_kind_of_a_failure_if_they_are_to() {
    let stack = Stack::shared();
    let cases: [(&[&str], i32); 5] = [
        (&["call", "x"], 67),
        (&["call", "5", "--wait-for-worker", "--deadline", "5s"], 68),
        (&["workers", "--vhost", "nowhere"], 71),
        (&["call", "5"], 78),
        (&["call", "5", "--passcode", "wrong"], 80),
    ];
    for (arguments, code) in cases {
        let status = |command: &mut Command| {
            let output = command.output().expect("warren runs");
            output.status.code()
        };
        let mut plain = stack.warren_command(arguments);
        assert_eq!(status(&mut plain), Some(1), "{arguments:?}");
        let mut by_environment = stack.warren_command(arguments);
        by_environment.env("WARREN_EXIT_CODES", "1");
        assert_eq!(status(&mut by_environment), Some(code), "{arguments:?}");
        let mut by_option = stack.warren_command(&[arguments, &["--exit-codes"]].concat());
        assert_eq!(status(&mut by_option), Some(code), "{arguments:?}");
        let help = String::from_utf8(warren(&["--help"]).stdout).expect("it prints UTF-8");
        assert!(help.contains(&format!(" {code} ")), "{help}");
    }
    assert_eq!(warren(&["call"]).status.code(), Some(2));
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = warren(&["completions", shell]);
        let script = String::from_utf8(output.stdout).expect("it prints UTF-8");
        for word in ["call", "load", "passcode-file", "in-flight"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn bash_completes_with_the_script() {
    let script = warren(&["completions", "bash"]).stdout;
    let script = String::from_utf8(script).expect("it prints UTF-8");
    let ask =
        "COMP_WORDS=(warren lo) COMP_CWORD=1; complete -p warren >&2 && _warren warren lo warren";
    let print = r#"echo "${COMPREPLY[@]}""#;
    let mut bash = Command::new("bash");
    bash.arg("-c").arg(format!("{script}\n{ask}\n{print}"));
    let output = bash.output().expect("bash runs");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "load\n",
        "{output:?}"
    );
}

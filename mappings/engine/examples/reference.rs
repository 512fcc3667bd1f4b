//! Prints the function reference that stands in `mappings/LANGUAGE.md`.

fn main() {
    print!("{}", mapping::functions::reference());
}

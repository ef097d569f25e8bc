//! Functions of one row.

/// A function that dialects may spell differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The number without its sign.
    Abs,
    /// -1, 0 or 1.
    Sign,
    /// The square root.
    Sqrt,
    /// The natural logarithm.
    Ln,
    /// The logarithm to ten.
    Log10,
    /// The power of e.
    Exp,
    /// The first number to the power of the second.
    Power,
    /// The first number, rounded to so many places.
    Round,
    /// The first that has a value.
    Coalesce,
    /// The least; all have values or none has.
    Least,
    /// The greatest; all have values or none has.
    Greatest,
    /// How many characters a text has.
    Length,
    /// In upper case.
    Upper,
    /// In lower case.
    Lower,
    /// Without spaces around.
    Trim,
    /// The first so many characters.
    Left(u32),
    /// The last so many characters.
    Right(u32),
}

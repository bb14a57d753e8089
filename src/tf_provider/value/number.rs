//! Decimal numbers of any precision, as in Terraform.
//!
//! A number is stored as decimal digits and a power of ten, so nothing is lost between decoding and encoding: 2^64-1,
//! 1e30, and 0.1 are unchanged. There is no arithmetic, only comparison and conversion.
//!
//! The grammar of the text form is `[+-] digits [. digits] [(e|E) [+-] digits]`; infinities and NaN are not numbers
//! here. Limits: at most [`Number::MOST_DIGITS`] digits before the decimal point and as many after it. Terraform
//! computes with 512 bits, about 154 digits, and malicious input such as `1e999999999` must not exhaust memory.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A decimal number. Equality and order are numeric: 300, `"300.0"`, and `"3e2"` are equal.
#[derive(Clone, Eq, PartialEq)]
pub struct Number {
    /// Never set for zero.
    negative: bool,
    /// ASCII digits without zeros at either end; empty for zero.
    digits: String,
    /// The power of ten by which the digits, read as an integer, are multiplied; 0 for zero.
    exponent: i32,
}

impl Number {
    /// The maximum number of digits before the decimal point, and after it.
    pub const MOST_DIGITS: usize = 4096;

    /// Returns the exact value of a binary floating-point number: `0.1_f64` has 55 digits.
    ///
    /// # Errors
    /// Returns [`NumberError::NotFinite`] for infinities and NaN.
    pub fn from_f64(value: f64) -> Result<Self, NumberError> {
        if !value.is_finite() {
            return Err(NumberError::NotFinite);
        }
        // No double has more than 767 significant digits, and `fmt` computes as many as requested.
        format!("{value:.766e}").parse()
    }

    /// Returns the integer, if the number is one and fits.
    pub fn to_i64(&self) -> Option<i64> {
        self.to_short_integer()?.parse().ok()
    }

    /// Returns the integer, if the number is a non-negative one and fits.
    pub fn to_u64(&self) -> Option<u64> {
        self.to_short_integer()?.parse().ok()
    }

    /// Returns the nearest binary floating-point number, or an infinity if it is out of range.
    pub fn to_f64(&self) -> f64 {
        let sign = if self.negative { "-" } else { "" };
        let text = format!("{sign}0{}e{}", self.digits, self.exponent);
        text.parse().unwrap_or(f64::NAN)
    }

    /// Returns the binary floating-point number that has exactly this value, if there is one.
    pub fn to_exact_f64(&self) -> Option<f64> {
        let nearest = self.to_f64();
        (Self::from_f64(nearest).as_ref() == Ok(self)).then_some(nearest)
    }

    /// Returns the plain text of an integer that is short enough to be worth parsing.
    fn to_short_integer(&self) -> Option<String> {
        let zeros = usize::try_from(self.exponent).ok()?;
        (self.digits.len() + zeros <= 20).then(|| self.to_string())
    }

    /// Returns the position of the first digit before the decimal point; negative for zeros after it.
    fn leading_place(&self) -> i64 {
        length(&self.digits) + i64::from(self.exponent)
    }

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => self
                .leading_place()
                .cmp(&other.leading_place())
                // From the same position on, the digits compare like text, because there are no trailing zeros.
                .then_with(|| self.digits.cmp(&other.digits)),
            (self_is_zero, other_is_zero) => other_is_zero.cmp(&self_is_zero),
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    fn from_str(text: &str) -> Result<Self, NumberError> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = match magnitude.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, parse_power(power)?),
            None => (magnitude, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return Err(NumberError::NotANumber),
            None => (mantissa, ""),
        };
        if !is_digits(whole) {
            return Err(NumberError::NotANumber);
        }
        let all = format!("{whole}{fraction}");
        let significant = all.trim_end_matches('0');
        let exponent = power
            .saturating_sub(length(fraction))
            .saturating_add(length(&all) - length(significant));
        let digits = significant.trim_start_matches('0');
        Self::canonical(negative, digits, exponent)
    }
}

impl Number {
    /// Creates a number from digits without leading and trailing zeros.
    fn canonical(negative: bool, digits: &str, exponent: i64) -> Result<Self, NumberError> {
        if digits.is_empty() {
            return Ok(Self::zero());
        }
        let most = i64::try_from(Self::MOST_DIGITS).unwrap_or(i64::MAX);
        if exponent < -most || exponent.saturating_add(length(digits)) > most {
            return Err(NumberError::OutOfRange);
        }
        Ok(Self {
            negative,
            digits: digits.to_owned(),
            exponent: i32::try_from(exponent).map_err(|_| NumberError::OutOfRange)?,
        })
    }

    fn zero() -> Self {
        Self {
            negative: false,
            digits: String::new(),
            exponent: 0,
        }
    }

    fn from_integer(negative: bool, mut magnitude: u64) -> Self {
        if magnitude == 0 {
            return Self::zero();
        }
        let mut exponent = 0;
        while magnitude.is_multiple_of(10) {
            magnitude /= 10;
            exponent += 1;
        }
        Self {
            negative,
            digits: magnitude.to_string(),
            exponent,
        }
    }
}

impl From<i64> for Number {
    fn from(value: i64) -> Self {
        Self::from_integer(value < 0, value.unsigned_abs())
    }
}

impl From<u64> for Number {
    fn from(value: u64) -> Self {
        Self::from_integer(false, value)
    }
}

impl From<i32> for Number {
    fn from(value: i32) -> Self {
        Self::from(i64::from(value))
    }
}

impl From<u32> for Number {
    fn from(value: u32) -> Self {
        Self::from(u64::from(value))
    }
}

impl TryFrom<f64> for Number {
    type Error = NumberError;

    fn try_from(value: f64) -> Result<Self, NumberError> {
        Self::from_f64(value)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.compare_magnitude(other),
            (true, true) => other.compare_magnitude(self),
            (self_negative, other_negative) => other_negative.cmp(&self_negative),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes the shortest plain decimal, without an exponent: `-3`, `0.1`, `1000000`.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.negative { "-" } else { "" };
        let digits = self.digits.as_str();
        if let Ok(zeros) = usize::try_from(self.exponent) {
            let digits = if digits.is_empty() { "0" } else { digits };
            return write!(f, "{sign}{digits}{:0<zeros$}", "");
        }
        match usize::try_from(self.leading_place()) {
            Ok(place) if place > 0 => {
                let (whole, fraction) = digits.split_at_checked(place).unwrap_or((digits, ""));
                write!(f, "{sign}{whole}.{fraction}")
            }
            _ => {
                let zeros = usize::try_from(-self.leading_place()).unwrap_or(0);
                write!(f, "{sign}0.{:0<zeros$}{digits}", "")
            }
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why something is not a [`Number`].
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
pub enum NumberError {
    /// The text does not match the grammar.
    #[error("this is not a decimal number")]
    NotANumber,
    /// The number has too many digits, or an exponent beyond the limits.
    #[error(
        "the number has more than {} digits before or behind its decimal point",
        Number::MOST_DIGITS
    )]
    OutOfRange,
    /// The value is an infinity or NaN.
    #[error("the number is infinite or not a number")]
    NotFinite,
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_power(text: &str) -> Result<i64, NumberError> {
    let magnitude = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !is_digits(magnitude) {
        return Err(NumberError::NotANumber);
    }
    text.parse().map_err(|_| NumberError::OutOfRange)
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn a_number_is_printed_as_plain_decimal() {
        let rows = [
            ("0", "0"),
            ("-0", "0"),
            ("0.000", "0"),
            ("0e99", "0"),
            ("7", "7"),
            ("007", "7"),
            ("+5", "5"),
            ("-3", "-3"),
            ("300", "300"),
            ("3e2", "300"),
            ("0.1", "0.1"),
            ("0.10", "0.1"),
            ("-0.05", "-0.05"),
            ("12.345e1", "123.45"),
            ("12345E-2", "123.45"),
            ("12.5e-4", "0.00125"),
            ("1e+3", "1000"),
            ("1e30", "1000000000000000000000000000000"),
            (
                "123456789012345678901234567890",
                "123456789012345678901234567890",
            ),
            ("18446744073709551615", "18446744073709551615"),
        ];
        for (text, plain) in rows {
            assert_eq!(number(text).to_string(), plain, "{text}");
            assert_eq!(number(plain), number(text), "{text}");
        }
    }

    #[test]
    fn text_outside_the_grammar_is_not_a_number() {
        let rows = [
            "", "-", "+", "--1", "+-1", ".", ".5", "5.", "1.2.3", "e5", "1e", "1e+", "1e--1",
            "1e1.5", "1e1e1", " 1", "1 ", "1_000", "0x10", "Inf", "-inf", "NaN", "١", "1,5",
            "1e+-2", "-.e",
        ];
        for text in rows {
            assert_eq!(
                text.parse::<Number>(),
                Err(NumberError::NotANumber),
                "{text}"
            );
        }
    }

    #[test]
    fn numbers_beyond_the_limits_are_refused_without_being_expanded() {
        let within = [
            "1e4095",
            "-1e4095",
            "1e-4096",
            &"9".repeat(4096),
            &format!("0.{}", "9".repeat(4096)),
        ];
        for text in within {
            assert_eq!(number(text).to_string().parse(), Ok(number(text)));
        }
        let beyond = [
            "1e4096",
            "1e-4097",
            "1e999999999",
            "-1e-999999999999999999999999",
            "1e9223372036854775807",
            "1.5e-9223372036854775808",
            &"9".repeat(4097),
            &format!("0.{}", "9".repeat(4097)),
        ];
        for text in beyond {
            assert_eq!(text.parse::<Number>(), Err(NumberError::OutOfRange));
        }
    }

    #[test]
    fn spellings_of_one_number_are_equal() {
        for text in [
            "300", "300.0", "3e2", "0.3e3", "30e1", "+300", "0300", "3000e-1",
        ] {
            assert_eq!(number(text), Number::from(300));
            assert_eq!(number(text).cmp(&Number::from(300)), Ordering::Equal);
        }
        assert_eq!(Number::from_f64(300.0), Ok(Number::from(300_u64)));
        assert_eq!(Number::from_f64(-0.0), Ok(Number::from(0)));
        assert_eq!(Number::from_f64(0.5), Ok(number("0.5")));
    }

    #[test]
    fn the_order_is_numeric() {
        let ascending = [
            "-1e30", "-101", "-100", "-12", "-2", "-1.5", "-1", "-0.5", "-0.05", "0", "0.05",
            "0.1", "0.12", "0.123", "0.5", "1", "1.5", "2", "12", "100", "101", "999", "1000",
            "1e30",
        ];
        for (i, left) in ascending.iter().enumerate() {
            for (j, right) in ascending.iter().enumerate() {
                assert_eq!(
                    number(left).cmp(&number(right)),
                    i.cmp(&j),
                    "{left} and {right}"
                );
            }
        }
    }

    #[test]
    fn a_binary_fraction_is_expanded_exactly() {
        let rows = [
            (
                0.1,
                "0.1000000000000000055511151231257827021181583404541015625",
            ),
            (1e22, "10000000000000000000000"),
            (1e23, "99999999999999991611392"),
            (-2.5, "-2.5"),
            (9_007_199_254_740_993.0, "9007199254740992"),
        ];
        for (float, text) in rows {
            assert_eq!(Number::from_f64(float).unwrap().to_string(), text);
        }
        for float in [
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::MIN,
            f64::EPSILON,
            1.0 / 3.0,
        ] {
            let exact = Number::from_f64(float).unwrap();
            assert_eq!(exact.to_exact_f64(), Some(float));
        }
        assert_eq!(Number::from_f64(5e-324).unwrap().digits.len(), 751);
        for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(Number::from_f64(float), Err(NumberError::NotFinite));
        }
    }

    #[test]
    fn only_numbers_that_a_double_has_exactly_convert_exactly() {
        for (text, exact) in [
            ("0.5", Some(0.5)),
            ("0", Some(0.0)),
            ("-3", Some(-3.0)),
            ("18446744073709551616", Some(18_446_744_073_709_551_616.0)),
            ("1e22", Some(1e22)),
            ("0.1", None),
            ("1e23", None),
            ("1e30", None),
            ("18446744073709551615", None),
            ("9007199254740993", None),
            ("1e309", None),
            ("1e-400", None),
        ] {
            assert_eq!(number(text).to_exact_f64(), exact, "{text}");
        }
    }

    #[test]
    fn a_number_converts_to_the_nearest_double() {
        for (text, nearest) in [
            ("0.1", 0.1),
            ("1e30", 1e30),
            ("-9007199254740993", -9_007_199_254_740_992.0),
            ("1e309", f64::INFINITY),
            ("-1e4000", f64::NEG_INFINITY),
            ("1e-400", 0.0),
        ] {
            assert!(number(text).to_f64().total_cmp(&nearest).is_eq(), "{text}");
        }
    }

    #[test]
    fn integers_convert_if_they_fit() {
        let rows = [
            ("0", Some(0), Some(0)),
            ("-1", Some(-1), None),
            ("300", Some(300), Some(300)),
            ("1.5", None, None),
            (
                "9223372036854775807",
                Some(i64::MAX),
                Some(9_223_372_036_854_775_807),
            ),
            ("9223372036854775808", None, Some(9_223_372_036_854_775_808)),
            ("-9223372036854775808", Some(i64::MIN), None),
            ("-9223372036854775809", None, None),
            ("18446744073709551615", None, Some(u64::MAX)),
            ("18446744073709551616", None, None),
            ("1e19", None, Some(10_000_000_000_000_000_000)),
            ("1e4000", None, None),
        ];
        for (text, signed, unsigned) in rows {
            assert_eq!(number(text).to_i64(), signed, "{text}");
            assert_eq!(number(text).to_u64(), unsigned, "{text}");
        }
        assert_eq!(Number::from(i64::MIN), number("-9223372036854775808"));
        assert_eq!(Number::from(u64::MAX), number("18446744073709551615"));
        assert_eq!(Number::from(7_u32), number("7"));
    }
}

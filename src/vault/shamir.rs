//! Splitting of the officers' half into n shares, any k of which combine: Shamir over GF(256), by `vsss-rs`.

use rand::CryptoRng;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use crate::vault::secret::Key32;

/// One officer's share.
#[derive(Debug)]
pub struct Share {
    /// The x coordinate, 1 to 255.
    pub x: u8,
    /// The y coordinates, one for each byte of the secret.
    pub y: Key32,
}

/// The shares do not fit together, or not to this quorum.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("these shares cannot be combined")]
pub struct CannotCombine;

/// Splits `secret` into n shares with x = 1..=n, any k of which combine. With k = 1 each share is the secret itself.
///
/// # Errors
/// [`CannotCombine`] unless 1 ≤ k ≤ n.
pub fn split(secret: &Key32, k: u8, n: u8, rng: &mut dyn CryptoRng) -> Result<Vec<Share>, CannotCombine> {
    if k == 0 || k > n {
        return Err(CannotCombine);
    }
    if k == 1 {
        return Ok((1..=n)
            .map(|x| Share {
                x,
                y: secret.duplicate(),
            })
            .collect());
    }
    let shares = Gf256::split_bytes(k.into(), n.into(), secret.expose(), rng).map_err(|_| CannotCombine)?;
    let shares = Zeroizing::new(shares);
    shares
        .iter()
        .map(|share| {
            let (x, y) = share.split_first().ok_or(CannotCombine)?;
            Ok(Share {
                x: *x,
                y: Key32::from_slice(y).ok_or(CannotCombine)?,
            })
        })
        .collect()
}

/// Combines exactly k shares with distinct x. Only a commitment can tell if the result is right.
///
/// # Errors
/// [`CannotCombine`] for another number of shares, x = 0, or an x that comes twice.
pub fn combine(k: u8, shares: &[Share]) -> Result<Key32, CannotCombine> {
    let distinct = shares
        .iter()
        .enumerate()
        .all(|(i, a)| a.x != 0 && shares[..i].iter().all(|b| a.x != b.x));
    if k == 0 || shares.len() != usize::from(k) || !distinct {
        return Err(CannotCombine);
    }
    if k == 1 {
        return Ok(shares[0].y.duplicate());
    }
    let points: Vec<Vec<u8>> = shares
        .iter()
        .map(|share| [&[share.x], share.y.expose().as_slice()].concat())
        .collect();
    let points = Zeroizing::new(points);
    let secret = Zeroizing::new(Gf256::combine_bytes(&*points).map_err(|_| CannotCombine)?);
    Key32::from_slice(&secret).ok_or(CannotCombine)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn any_k_combine_and_fewer_or_wrong_ones_do_not() {
        let mut rng = StdRng::seed_from_u64(9);
        let secret = Key32::random(&mut rng);
        for (k, n) in [(1, 1), (1, 3), (2, 2), (3, 5)] {
            let shares = split(&secret, k, n, &mut rng).unwrap();
            let pick = |from: usize| -> Vec<Share> {
                (from..from + usize::from(k))
                    .map(|at| Share {
                        x: shares[at].x,
                        y: shares[at].y.duplicate(),
                    })
                    .collect()
            };
            assert_eq!(combine(k, &pick(0)).unwrap(), secret);
            assert_eq!(combine(k, &pick(usize::from(n - k))).unwrap(), secret);
            assert_eq!(combine(k + 1, &pick(0)).unwrap_err(), CannotCombine);
            if k > 1 {
                let mut twice = pick(0);
                twice[1].x = twice[0].x;
                assert_eq!(combine(k, &twice).unwrap_err(), CannotCombine);
                assert!(
                    combine(k - 1, &pick(0)[1..]).unwrap() != secret,
                    "k - 1 shares give something else"
                );
            }
        }
        assert!(split(&secret, 3, 2, &mut rng).is_err());
        assert!(
            combine(
                1,
                &[Share {
                    x: 0,
                    y: secret.duplicate()
                }]
            )
            .is_err()
        );
    }
}

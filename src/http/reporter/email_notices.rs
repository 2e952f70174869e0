//! Notices by e-mail, as the pages of the receipt and of the case offer them. Only a reporter who wishes gets them; the
//! address is never shown again, and has nothing to do with the one that the dialogue asks for.

use crate::domain::ids::CaseId;
use crate::domain::notice::NoticeChannel;
use crate::http::error::RouteError;
use crate::http::site::Site;
use crate::service::intake::ShownReceipt;
use crate::store::cases::Case;

/// The part of a page about notices by e-mail.
#[derive(Debug, Default)]
pub struct EmailNotices {
    /// There is an address.
    pub given: bool,
    /// The error of the address, and the text that was typed.
    pub error: Option<String>,
    pub typed: String,
}

impl EmailNotices {
    /// Makes the part of the receipt's page; none where notices are not offered.
    pub(super) async fn of_receipt(site: &Site, receipt: &ShownReceipt) -> Result<Option<Self>, RouteError> {
        if !site.app.enabled_channels().email {
            return Ok(None);
        }
        let Some(case) = site.app.unseals.case_numbered(&receipt.number).await? else {
            return Ok(None);
        };
        Ok(Some(Self {
            given: is_given(site, case).await?,
            ..Self::default()
        }))
    }

    /// Makes the part of the case's page; none where notices are not offered. A reporter who has given an address can
    /// take it back, whatever was configured since.
    ///
    /// `wrong` is an error and the text that was typed.
    pub(super) async fn of_case(
        site: &Site,
        case: &Case,
        wrong: Option<(String, String)>,
    ) -> Result<Option<Self>, RouteError> {
        let given = is_given(site, case.id).await?;
        let offered = site.app.enabled_channels().email && case.state.is_open();
        let (error, typed) = wrong.unzip();
        Ok((given || offered).then(|| Self {
            given,
            error,
            typed: typed.unwrap_or_default(),
        }))
    }
}

async fn is_given(site: &Site, case: CaseId) -> Result<bool, RouteError> {
    let channels = site.app.notifications.contact_channels(case).await?;
    Ok(channels.contains(&NoticeChannel::Email))
}

//! How the hub proves itself to a far system. The secrets are the channel's.

use codec::yaml::Table;

/// The kind of proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// None: only for systems inside the same machine or network.
    #[default]
    None,
    /// `Authorization: Bearer {token}`.
    Bearer {
        /// The word before the token, where the far system wants another one
        /// than `Bearer` (`Zoho-oauthtoken`, `token`, `ESA`).
        scheme: String,
    },
    /// A key in a header of its own.
    ApiKey {
        /// The header.
        header: String,
    },
    /// User and password, RFC 7617.
    Basic,
    /// RFC 6749 section 4.4.
    OAuth2ClientCredentials {
        /// Where tokens are given: a path at the channel's base URL, or at
        /// another host if the channel names one.
        token_path: String,
        /// Asked for, space separated.
        scope: Option<String>,
        /// How the client proves itself.
        client_auth: ClientAuth,
    },
}

/// How an OAuth 2.0 client proves itself (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[default]
    Basic,
    /// In the form.
    Body,
}

#[derive(Clone, Copy)]
enum Kind {
    None,
    Bearer,
    ApiKey,
    Basic,
    ClientCredentials,
}

const KINDS: &[(&str, Kind)] = &[
    ("none", Kind::None),
    ("bearer", Kind::Bearer),
    ("api_key", Kind::ApiKey),
    ("basic", Kind::Basic),
    ("oauth2_client_credentials", Kind::ClientCredentials),
];

// === impl Auth ===

impl Auth {
    pub(super) fn read(table: Table<'_>) -> Option<Self> {
        let auth = match table.required_one_of("kind", KINDS)? {
            Kind::None => Some(Self::None),
            Kind::Basic => Some(Self::Basic),
            Kind::Bearer => {
                let scheme = table.text("scheme").unwrap_or("Bearer").to_owned();
                Some(Self::Bearer { scheme })
            }
            Kind::ApiKey => {
                table.required_text("header").map(|it| Self::ApiKey { header: it.to_owned() })
            }
            Kind::ClientCredentials => {
                let token_path = table.required_text("token_path").map(str::to_owned);
                let scope = table.text("scope").map(str::to_owned);
                let words = &[("basic", ClientAuth::Basic), ("body", ClientAuth::Body)];
                let client_auth = table.one_of("client_auth", words).unwrap_or_default();
                token_path.map(|token_path| Self::OAuth2ClientCredentials {
                    token_path,
                    scope,
                    client_auth,
                })
            }
        };
        table.finish();
        auth
    }

    /// The name in manifests.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Bearer { .. } => "bearer",
            Self::ApiKey { .. } => "api_key",
            Self::Basic => "basic",
            Self::OAuth2ClientCredentials { .. } => "oauth2_client_credentials",
        }
    }
}

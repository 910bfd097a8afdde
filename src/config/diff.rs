//! tmp
use super::GroupConfig;
/// c
pub struct Changes {
    /// a
    pub added: Vec<String>,
    /// b
    pub changed: Vec<String>,
    /// c
    pub removed: Vec<String>,
}
/// x
pub fn changes(_new: &[GroupConfig], _active: &[&GroupConfig]) -> Changes {
    Changes {
        added: vec![],
        changed: vec![],
        removed: vec![],
    }
}

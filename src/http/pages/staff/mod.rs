//! The staff's pages. What is sealed is opened by the browser, never here.

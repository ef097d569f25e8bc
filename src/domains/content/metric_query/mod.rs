//! Metric queries: typed in, typed out.

//! What tests stand on: a database of their own, a server in the process, callers.

mod answer;
mod app;
mod demo;
mod models;
mod postgres;
mod reply;
mod socket;
mod upload;
mod warehouse;
mod world;

pub(crate) use answer::Answer;
pub(crate) use app::{Actor, TestApp};
pub(crate) use models::deploy_demo;
pub(crate) use postgres::TestDatabase;
pub(crate) use reply::Reply;
pub(crate) use socket::{Heard, Socket};
pub(crate) use upload::parts;
pub(crate) use warehouse::TestWarehouse;
pub(crate) use world::Tenant;

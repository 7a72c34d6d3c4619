// SPDX-License-Identifier: BSD-2-Clause

//! A worker in Rust, without any crate. Answers each request with its text in capitals.
//!
//!     worker IFNAME
//!
//! Requests may be preempted: what a handler keeps is on its own stack.

use std::ffi::{CStr, CString};
use std::os::raw::{c_char, c_int, c_long, c_uint, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

#[repr(C)]
struct Req {
    data: *mut u8,
    len: u32,
    room: u32,
    cls: u8,
    core: u8,
    flags: u16,
    turn: u32,
    id: u64,
    arrival_ns: u64,
}

#[repr(C)]
struct Opts {
    sz: usize,
    ifname: *const c_char,
    socket: *const c_char,
    name: *const c_char,
    domain: c_int,
    cores: c_uint,
    idle: c_int,
    idle_us: c_uint,
    handler: extern "C" fn(*mut Req, *mut c_void) -> c_long,
    arg: *mut c_void,
    core_init: *const c_void,
    core_exit: *const c_void,
    stack_size: usize,
    signal: c_int,
    flags: c_uint,
}

const IDLE_SLEEP: c_int = 2;
const NO_REPLY: c_long = -1;
const SIGTERM: c_int = 15;

extern "C" {
    fn shunt_open(ret: *mut *mut c_void, opts: *const Opts) -> c_int;
    fn shunt_run(s: *mut c_void) -> c_int;
    fn shunt_stop(s: *mut c_void);
    fn shunt_close(s: *mut c_void);
    fn shunt_error(s: *const c_void) -> *const c_char;
    fn signal(number: c_int, handler: extern "C" fn(c_int)) -> *const c_void;
}

static WORKER: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

extern "C" fn on_term(_: c_int) {
    unsafe { shunt_stop(WORKER.load(Ordering::Relaxed)) }
}

/* A panic that is caught, so that the unwinder has something to do. */
fn answer(text: &[u8]) -> Vec<u8> {
    let upper = std::panic::catch_unwind(|| -> Vec<u8> {
        std::panic::resume_unwind(Box::new(text.to_ascii_uppercase()))
    });
    let mut reply = match upper {
        Err(e) => *e.downcast::<Vec<u8>>().unwrap(),
        Ok(v) => v,
    };
    reply.extend_from_slice(b" of rust\n");
    reply
}

extern "C" fn handle(req: *mut Req, _: *mut c_void) -> c_long {
    let req = unsafe { &mut *req };
    let frame = unsafe { std::slice::from_raw_parts_mut(req.data, req.room as usize) };
    let reply = answer(&frame[..req.len as usize]);
    if reply.len() > frame.len() {
        return NO_REPLY;
    }
    frame[..reply.len()].copy_from_slice(&reply);
    reply.len() as c_long
}

fn main() {
    let ifname = CString::new(std::env::args().nth(1).unwrap()).unwrap();
    let name = CString::new("rust").unwrap();
    let opts = Opts {
        sz: std::mem::size_of::<Opts>(),
        ifname: ifname.as_ptr(),
        socket: std::ptr::null(),
        name: name.as_ptr(),
        domain: 0,
        cores: 0,
        idle: IDLE_SLEEP,
        idle_us: 0,
        handler: handle,
        arg: std::ptr::null_mut(),
        core_init: std::ptr::null(),
        core_exit: std::ptr::null(),
        stack_size: 0,
        signal: 0,
        flags: 0,
    };
    let mut worker: *mut c_void = std::ptr::null_mut();
    let mut err = unsafe { shunt_open(&mut worker, &opts) };
    if err == 0 {
        WORKER.store(worker, Ordering::Relaxed);
        unsafe { signal(SIGTERM, on_term) };
        err = unsafe { shunt_run(worker) };
    }
    if err != 0 {
        eprintln!("{}", unsafe { CStr::from_ptr(shunt_error(worker)) }.to_string_lossy());
    }
    unsafe { shunt_close(worker) };
    std::process::exit((err != 0) as i32);
}

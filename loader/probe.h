/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * probe.h - does this kernel do what shunt needs? Each by trying
 *
 * 1: yes, 0: no, or -errno: could not be tried.
 */
#pragma once

#include <stdbool.h>

int probe_xdp(void);          /* programs of the type */
int probe_af_xdp(void);       /* sockets */
int probe_xskmap(void);
int probe_redirect(void);
int probe_mmapable(void);     /* array maps that processes map */
int probe_map_in_map(void);
int probe_fetch(void);        /* atomics that tell what was there */
int probe_metadata(void);     /* 32 bytes in front of a packet, run */
int probe_link(void);         /* bpf_link for XDP, replaced in place; in a namespace of its own */
int probe_syscall_prog(void);
int probe_jit(void);          /* a program that was loaded is native code */
int probe_btf(void);
int probe_extension(void);    /* programs in place of another one's function */
int probe_signal_task(void);  /* kfunc */
/* Has this process that capability? */
bool probe_cap(int cap);

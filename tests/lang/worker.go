// SPDX-License-Identifier: BSD-2-Clause

// A worker in Go: libshunt by cgo. Answers each request with its text in capitals.
//
//	worker IFNAME
//
// Go stops its own goroutines by SIGURG and knows its threads by their stacks, so requests must
// not be stopped:
// SHUNT_NO_PREEMPT.
package main

/*
#include <stdlib.h>
#include <shunt/shunt.h>

long handle_go(struct shunt_req *req);

static long handle(struct shunt_req *req, void *arg)
{
	return handle_go(req);
}

static int open_worker(struct shunt **s, const char *ifname)
{
	struct shunt_opts opts = { .sz = sizeof(opts),
 * .ifname = ifname, .name = "go", .handler = handle,
				   .idle = SHUNT_IDLE_SLEEP, .flags = SHUNT_NO_PREEMPT };

	return shunt_open(s, &opts);
}
*/
import "C"

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// Garbage, deep stacks and busy goroutines: what Go's runtime moves, grows and preempts.
func deep(n int, b []byte) []byte {
	var room [512]byte
	if n > 0 {
		return deep(n-1, append(b, room[:1]...))
	}
	return bytes.ReplaceAll(b, []byte{0}, nil)
}

//export handle_go
func handle_go(req *C.struct_shunt_req) C.long {
	frame := unsafe.Slice((*byte)(req.data), int(req.room))
	upper := bytes.ToUpper(append([]byte(nil), frame[:req.len]...))
	reply := append(deep(40, upper), " of go\n"...)
	if len(reply) > len(frame) {
		return C.SHUNT_NO_REPLY
	}
	return C.long(copy(frame, reply))
}

func busy() {
	for n := 0; ; n++ { // without a call: only SIGURG stops it
	}
}

func main() {
	var worker *C.struct_shunt
	name := C.CString(os.Args[1])
	err := C.open_worker(&worker, name)
	if err == 0 {
		stop := make(chan os.Signal, 1)
		signal.Notify(stop, syscall.SIGTERM)
		go func() {
			<-stop
			C.shunt_stop(worker)
		}()
		go busy()
		go func() {
			for range time.Tick(5 * time.Millisecond) {
				runtime.GC()
			}
		}()
		err = C.shunt_run(worker)
	}
	if err != 0 {
		fmt.Fprintln(os.Stderr, C.GoString(C.shunt_error(worker)))
	}
	C.shunt_close(worker)
	if err != 0 {
		os.Exit(1)
	}
}

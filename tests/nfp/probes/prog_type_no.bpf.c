// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
// card: refuses prog-type
/* A program for sockets. */
#include "probe.h"

SEC("socket") int probe(struct __sk_buff *skb)
{
	return 0;
}

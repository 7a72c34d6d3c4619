// SPDX-License-Identifier: BSD-2-Clause
/*
 * cmd_features.c - shunt features: what this kernel, and an interface's driver, offer
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "iface.h"
#include "log.h"
#include "netdev.h"
#include "probe.h"
#include "verb.h"
#include "pindir.h"

static const struct {
	const char *name;
	const char *text;
	int (*probe)(void);
	bool required;
	const char *since; /* the mainline version that brought it */
} features[] = {
	{ "xdp", "XDP programs", probe_xdp, true, "4.8" },
	{ "af_xdp", "AF_XDP sockets", probe_af_xdp, true, "4.18" },
	{ "xskmap", "maps of AF_XDP sockets", probe_xskmap, true, "4.18" },
	{ "redirect", "redirecting to such a map", probe_redirect, true, "4.14" },
	{ "metadata", "32 bytes of metadata before a packet", probe_metadata, true, "4.15" },
	{ "map_in_map", "arrays of maps", probe_map_in_map, true, "4.12" },
	{ "mmapable", "arrays that processes map", probe_mmapable, true, "5.5" },
	{ "link", "bpf_link for XDP, replaced in place", probe_link, true, "5.9" },
	{ "atomic_fetch", "atomics that return the old value", probe_fetch, true, "5.12" },
	{ "jit", "programs as native code", probe_jit, false, "4.8" },
	{ "syscall_prog", "programs that run on request (tests of policies)", probe_syscall_prog,
	  false, "5.14" },
	{ "btf", "types of the kernel (BTF)", probe_btf, false, "5.2" },
	{ "freplace", "programs in place of a function (load --dispatcher)", probe_extension, false,
	  "5.10" },
	{ "send_signal_task", "signals to threads from XDP", probe_signal_task, false, "6.14" },
};

#define NFEATURES (sizeof(features) / sizeof(features[0]))

static json_t *feature_json(const char *name, const char *text, int has, bool required,
			    const char *since)
{
	json_t *j = json_pack("{s:s, s:s, s:b, s:s*}", "feature", name, "text", text, "required",
			      required, "since", since);

	/* A feature that could not be tried is neither there nor missing. */
	if (has >= 0)
		json_object_set_new(j, "available", json_boolean(has));
	else
		json_object_set_new(j, "error", json_string(strerror(-has)));
	return j;
}

static int add_driver(struct ctl *ctl, json_t *r)
{
	struct iface iface;
	__u64 bits = 0;
	json_t *list;
	int err = iface_need(ctl), has;

	if (!err)
		err = iface_read(ctl, &iface);
	if (err)
		return err;
	err = netdev_features(ctl->ifindex, &bits);
	list = json_array();
	has = err ? err : !!(bits & NETDEV_BASIC);
	json_array_append_new(list, feature_json("native_xdp", "XDP in native mode", has, true,
						 NULL));
	has = err ? err : !!(bits & NETDEV_REDIRECT);
	json_array_append_new(list, feature_json("native_redirect", "redirecting in native mode",
						 has, true, NULL));
	has = err ? err : !!(bits & NETDEV_ZEROCOPY);
	json_array_append_new(list, feature_json("zero_copy", "AF_XDP without copying", has, false,
						 NULL));
	json_object_set_new(r, "interface", json_string(ctl->ifname));
	json_object_set_new(r, "driver", json_string(iface.driver));
	json_object_set_new(r, "driver_features", list);
	return 0;
}

static void show_list(const json_t *list)
{
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f) {
		if (json_object_get(f, "error"))
			printf("  %-17s %s could not be tried: %s\n", text_at(f, "feature"),
			       text_at(f, "text"), text_at(f, "error"));
		else if (json_is_true(json_object_get(f, "available")))
			printf("  %-17s %s: is available\n", text_at(f, "feature"),
			       text_at(f, "text"));
		else
			printf("  %-17s %s: is NOT available (%s%s%s)\n", text_at(f, "feature"),
			       text_at(f, "text"),
			       json_is_true(json_object_get(f, "required")) ? "required" :
									      "optional",
			       json_object_get(f, "since") ? ", since Linux " : "",
			       text_at(f, "since"));
	}
}

static void show(const json_t *r)
{
	printf("kernel %s\n", text_at(r, "kernel"));
	show_list(json_object_get(r, "features"));
	if (!json_object_get(r, "interface"))
		return;
	printf("%s (%s%s)\n", text_at(r, "interface"),
	       *text_at(r, "driver") ? "driver " : "no driver", text_at(r, "driver"));
	show_list(json_object_get(r, "driver_features"));
}

static int run(struct ctl *ctl)
{
	struct utsname host;
	json_t *list, *r;
	int err = need_args(ctl, 0, 0), has;

	if (err)
		return err;
	log_start(ctl->verbose);
	has = features[0].probe();
	if (has == -EPERM || (!has && probe_mmapable() == -EPERM))
		return fail_bpf(ctl, -EPERM, "cannot try what the kernel offers");
	uname(&host);
	list = json_array();
	for (size_t i = 0; i < NFEATURES; i++) {
		has = features[i].probe();
		if (!has && features[i].required)
			ctl->code = EXIT_UNSUPPORTED;
		json_array_append_new(list, feature_json(features[i].name, features[i].text, has,
							 features[i].required, features[i].since));
	}
	r = json_pack("{s:s, s:o}", "kernel", host.release, "features", list);
	if (ctl->pins.ifname)
		err = add_driver(ctl, r);
	if (err) {
		json_decref(r);
		return err;
	}
	return emit(ctl, r, show);
}

const struct verb verb_features = {
	"features", "", "what this kernel offers to shunt, and IF's driver; status 3 if the "
	"kernel lacks what shunt needs",
	only_dev, run
};

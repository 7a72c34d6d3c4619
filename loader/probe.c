// SPDX-License-Identifier: BSD-2-Clause
/*
 * probe.c - does this kernel do what shunt needs? Each by trying
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <shunt/abi.h>

#include "probe.h"

#define LEN(insns) (sizeof(insns) / sizeof((insns)[0]))

#define INSN(c, d, s, o, i)                                                                        \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define RETURN(i) \
	INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, i), INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static int load(const struct bpf_insn *insns, size_t n)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "shunt_probe", "GPL", insns, n, NULL);

	return fd < 0 ? -errno : fd;
}

/* The meaning of a failure to load: no right to try (-errno), or not supported (0). */
static int verdict(int fd)
{
	if (fd < 0)
		return fd == -EPERM || fd == -ENOMEM ? fd : 0;
	close(fd);
	return 1;
}

int probe_xdp(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_XDP, NULL);
}

int probe_af_xdp(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno == EAFNOSUPPORT ? 0 : -errno;
	close(fd);
	return 1;
}

int probe_xskmap(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_XSKMAP, NULL);
}

int probe_redirect(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_redirect_map, NULL);
}

int probe_mmapable(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "shunt_probe", sizeof(__u32), 64, 1, &opts);

	return verdict(fd < 0 ? -errno : fd);
}

int probe_map_in_map(void)
{
	return libbpf_probe_bpf_map_type(BPF_MAP_TYPE_ARRAY_OF_MAPS, NULL);
}

int probe_fetch(void)
{
	const struct bpf_insn insns[] = {
		INSN(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -8, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1),
		INSN(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_10, BPF_REG_1, -8, BPF_ADD | BPF_FETCH),
		RETURN(XDP_PASS),
	};

	return verdict(load(insns, LEN(insns)));
}

int probe_metadata(void)
{
	/* The program's result tells whether adjust_meta() returned 0. */
	const struct bpf_insn insns[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, -(int)sizeof(struct shunt_meta)),
		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_xdp_adjust_meta),
		INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0),
		RETURN(XDP_DROP),
		RETURN(XDP_PASS),
	};
	char packet[64] = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet),
		    .repeat = 1);
	int fd = load(insns, LEN(insns)), err;

	if (fd < 0)
		return verdict(fd);
	err = bpf_prog_test_run_opts(fd, &run) ? -errno : 0;
	close(fd);
	return err ? err : run.retval == XDP_PASS;
}

/* In a child with a network namespace of its own, on the loopback there: nobody else's interface is
 * touched, and all is gone with the child. */
static int try_link(int prog, int other)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);
	int link;

	if (unshare(CLONE_NEWNET))
		return errno;
	link = bpf_link_create(prog, 1, BPF_XDP, &opts);
	if (link < 0)
		return EOPNOTSUPP;
	return bpf_link_update(link, other, NULL) ? EOPNOTSUPP : 0;
}

int probe_link(void)
{
	const struct bpf_insn pass[] = { RETURN(XDP_PASS) };
	int prog = load(pass, LEN(pass)), other = load(pass, LEN(pass)), status = 0, err = 0;
	pid_t pid;

	if (prog < 0 || other < 0) {
		err = prog < 0 ? prog : other;
	} else {
		pid = fork();
		if (!pid)
			_exit(try_link(prog, other));
		if (pid < 0 || waitpid(pid, &status, 0) < 0)
			err = -errno;
	}
	if (prog >= 0)
		close(prog);
	if (other >= 0)
		close(other);
	if (err)
		return err;
	err = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return !err ? 1 : err == EOPNOTSUPP ? 0 : -err;
}

int probe_syscall_prog(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SYSCALL, NULL);
}

int probe_jit(void)
{
	const struct bpf_insn pass[] = { RETURN(XDP_PASS) };
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);
	int fd = load(pass, LEN(pass)), err;

	if (fd < 0)
		return fd;
	err = bpf_obj_get_info_by_fd(fd, &info, &len) ? -errno : 0;
	close(fd);
	return err ? err : info.jited_prog_len > 0;
}

int probe_btf(void)
{
	struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return 0;
	btf__free(btf);
	return 1;
}

int probe_extension(void)
{
	return libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL);
}

int probe_signal_task(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int found;

	if (!btf)
		return 0;
	found = btf__find_by_name_kind(btf, "bpf_send_signal_task", BTF_KIND_FUNC) > 0 &&
		btf__find_by_name_kind(btf, "bpf_task_from_vpid", BTF_KIND_FUNC) > 0;
	btf__free(btf);
	return found;
}

bool probe_cap(int cap)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");
	unsigned long long caps = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	}
	if (f)
		fclose(f);
	return caps >> cap & 1;
}

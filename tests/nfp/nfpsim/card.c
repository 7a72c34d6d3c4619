// SPDX-License-Identifier: GPL-2.0
/*
 * card.c - a vNIC of a card that has the driver's eBPF application, and nothing to send or receive
 */
#include <linux/dma-mapping.h>
#include <linux/ethtool.h>
#include <linux/etherdevice.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <net/xdp_sock_drv.h>

#include "nfp_app.h"
#include "nfp_main.h"
#include "nfp_net.h"
#include "nfpcore/nfp_nsp.h"

#include "nfpsim.h"

static unsigned int queues = 8;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "receive queues of the port");

static bool zero_copy = true;
module_param(zero_copy, bool, 0644);
MODULE_PARM_DESC(zero_copy, "does the driver take memory of AF_XDP sockets?");

static struct platform_device *board;
static struct pci_dev *pci;
static struct nfp_eth_table *ports;
static struct nfp_pf pf;
static struct nfp_app app;
static struct nfp_net *control;
static struct net_device *port;
static u8 *bar;

static int vnic_init(struct net_device *dev)
{
	return app.type->ndo_init(&app, dev);
}

static void vnic_uninit(struct net_device *dev)
{
	app.type->ndo_uninit(&app, dev);
}

static int vnic_open(struct net_device *dev)
{
	return 0;
}

static netdev_tx_t vnic_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static int vnic_set_mtu(struct net_device *dev, int mtu)
{
	int err = app.type->check_mtu(&app, dev, mtu);

	if (!err)
		dev->mtu = mtu;
	return err;
}

static int vnic_set_pool(struct nfp_net *nn, struct netdev_bpf *bpf)
{
	struct xsk_buff_pool *pool = bpf->xsk.pool;

	if (!zero_copy)
		return -EOPNOTSUPP;
	if (pool)
		return xsk_pool_dma_map(pool, nn->dp.dev, 0);
	pool = xsk_get_pool_from_qid(nn->dp.netdev, bpf->xsk.queue_id);
	if (pool)
		xsk_pool_dma_unmap(pool, 0);
	return 0;
}

static int vnic_bpf(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct nfp_net *nn = netdev_priv(dev);
	int err;

	switch (bpf->command) {
	case XDP_SETUP_PROG:
		if (bpf->prog && bpf->prog->aux->offload)
			return -EINVAL;
		nn->dp.xdp_prog = bpf->prog;
		xdp_attachment_setup(&nn->xdp, bpf);
		return 0;
	case XDP_SETUP_PROG_HW:
		err = nfp_app_xdp_offload(nn->app, nn, bpf->prog, bpf->extack);
		if (!err)
			xdp_attachment_setup(&nn->xdp_hw, bpf);
		return err;
	case XDP_SETUP_XSK_POOL:
		return vnic_set_pool(nn, bpf);
	default:
		return nfp_app_bpf(nn->app, nn, bpf);
	}
}

static int vnic_wakeup(struct net_device *dev, u32 queue, u32 flags)
{
	return 0;
}

static const struct net_device_ops vnic_ops = {
	.ndo_init = vnic_init,
	.ndo_uninit = vnic_uninit,
	.ndo_open = vnic_open,
	.ndo_stop = vnic_open,
	.ndo_start_xmit = vnic_xmit,
	.ndo_change_mtu = vnic_set_mtu,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_bpf = vnic_bpf,
	.ndo_xsk_wakeup = vnic_wakeup,
};

static void vnic_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "nfp", sizeof(info->driver));
	strscpy(info->fw_version, "nfpsim", sizeof(info->fw_version));
}

static void vnic_channels(struct net_device *dev, struct ethtool_channels *channels)
{
	channels->max_combined = queues;
	channels->combined_count = queues;
}

static const struct ethtool_ops vnic_ethtool_ops = {
	.get_drvinfo = vnic_drvinfo,
	.get_channels = vnic_channels,
	.get_link = ethtool_op_get_link,
};

static int make_board(void)
{
	board = platform_device_register_simple("nfpsim", PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(board))
		return PTR_ERR(board);
	firmware_set_device(&board->dev);
	bar = kzalloc(NFPSIM_BAR_LEN, GFP_KERNEL);
	pci = kzalloc(sizeof(*pci), GFP_KERNEL);
	ports = kzalloc(sizeof(*ports), GFP_KERNEL);
	control = kzalloc(sizeof(*control), GFP_KERNEL);
	if (!bar || !pci || !ports || !control)
		return -ENOMEM;
	firmware_fill_bar((u8 __iomem *)bar);
	return dma_coerce_mask_and_coherent(&board->dev, DMA_BIT_MASK(64));
}

static void free_board(void)
{
	kfree(control);
	kfree(ports);
	kfree(pci);
	kfree(bar);
	if (!IS_ERR_OR_NULL(board))
		platform_device_unregister(board);
}

/* The application looks at its card through these. */
static int start_app(void)
{
	int err;

	ports->count = 1;
	pf.pdev = pci;
	pf.app = &app;
	pf.eth_tbl = ports;
	pf.max_data_vnics = 1;
	control->dp.mtu = 2048;
	app.pdev = pci;
	app.pf = &pf;
	app.ctrl = control;
	app.type = &app_bpf;
	err = app.type->init(&app);
	if (err)
		return err;
	err = app.type->start(&app);
	if (err)
		app.type->clean(&app);
	return err;
}

static int make_port(void)
{
	struct nfp_net *nn;
	int err;

	port = alloc_etherdev_mqs(sizeof(*nn), queues, queues);
	if (!port)
		return -ENOMEM;
	nn = netdev_priv(port);
	nn->app = &app;
	nn->cap = NFP_NET_CFG_CTRL_BPF;
	nn->dp.netdev = port;
	nn->dp.dev = &board->dev;
	nn->dp.ctrl_bar = (u8 __iomem *)bar;
	nn->dp.mtu = port->mtu;
	nn->dp.num_rx_rings = queues;
	err = app.type->vnic_alloc(&app, nn, 0);
	if (err)
		goto free;
	SET_NETDEV_DEV(port, &board->dev);
	port->netdev_ops = &vnic_ops;
	port->ethtool_ops = &vnic_ethtool_ops;
	port->max_mtu = 9000;
	eth_hw_addr_random(port);
	strscpy(port->name, "nfp%d", sizeof(port->name));
	err = register_netdev(port);
	if (!err)
		return 0;
	app.type->vnic_free(&app, nn);
free:
	free_netdev(port);
	return err;
}

static int __init nfpsim_start(void)
{
	int err;

	if (!queues || queues > NFP_NET_MAX_RX_RINGS)
		return -EINVAL;
	err = make_board();
	if (err)
		goto board;
	err = start_app();
	if (err)
		goto board;
	err = make_port();
	if (!err)
		return 0;
	app.type->clean(&app);
board:
	free_board();
	return err;
}

static void __exit nfpsim_stop(void)
{
	unregister_netdev(port);
	app.type->vnic_free(&app, netdev_priv(port));
	free_netdev(port);
	app.type->clean(&app);
	tables_free();
	free_board();
}

module_init(nfpsim_start);
module_exit(nfpsim_stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A Netronome card of software, for the driver's own eBPF code");

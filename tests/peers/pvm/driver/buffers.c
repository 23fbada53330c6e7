/* Buffers: making, choosing, freeing them, and what is known of them. */

#include "driver.h"

static void sending(void) {
    CALL(pvm_getsbuf());
    CALL(pvm_send(pvm_mytid(), 1));
    int one = BUFFER(pvm_initsend(PvmDataDefault));
    CALL(pvm_getsbuf() == one);
    BUFFER(pvm_initsend(PvmDataRaw));
    BUFFER(pvm_initsend(PvmDataInPlace));
    CALL(pvm_initsend(3));
    CALL(pvm_initsend(-7));
    CALL(pvm_initsend(99));
    int two = BUFFER(pvm_mkbuf(PvmDataDefault));
    int three = BUFFER(pvm_mkbuf(PvmDataRaw));
    CALL(pvm_mkbuf(77));
    BUFFER(pvm_setsbuf(two));
    CALL(pvm_getsbuf() == two);
    CALL(pvm_setsbuf(three) == two);
    CALL(pvm_setsbuf(12345));
    CALL(pvm_setsbuf(-1));
    CALL(pvm_getsbuf() == three);
    CALL(pvm_freebuf(two));
    CALL(pvm_freebuf(two));
    CALL(pvm_freebuf(0));
    CALL(pvm_freebuf(-4));
    CALL(pvm_freebuf(99999));
    CALL(pvm_setsbuf(two));
    CALL(pvm_freebuf(three));
    CALL(pvm_getsbuf());
    CALL(pvm_pkint(&one, 1, 1));
}

static void receiving(int me) {
    int length = -1, tag = -1, from = -1, number = 17, other = 0;
    CALL(pvm_getrbuf());
    CALL(pvm_upkint(&other, 1, 1));
    CALL(pvm_setrbuf(4242));
    pvm_initsend(PvmDataDefault);
    CALL(pvm_pkint(&number, 1, 1));
    CALL(pvm_send(me, 31));
    int came = BUFFER(receive(-1, 31));
    CALL(pvm_getrbuf() == came);
    CALL(pvm_bufinfo(came, &length, &tag, &from));
    NOTE("length %d tag %d from me %d", length, tag, from == me);
    CALL(pvm_bufinfo(came, NULL, NULL, NULL));
    CALL(pvm_bufinfo(came + 1000, &length, &tag, &from));
    CALL(pvm_bufinfo(0, &length, &tag, &from));
    CALL(pvm_bufinfo(-1, &length, &tag, &from));
    CALL(pvm_setrbuf(0) == came);
    CALL(pvm_getrbuf());
    CALL(pvm_upkint(&other, 1, 1));
    CALL(pvm_setrbuf(came));
    CALL(pvm_upkint(&other, 1, 1));
    NOTE("%d", other);
    CALL(pvm_upkint(&other, 1, 1));
    /* A buffer that was received is sent on as it is. */
    pvm_setrbuf(0);
    CALL(pvm_setsbuf(came) > 0);
    CALL(pvm_send(me, 32));
    CALL(pvm_setsbuf(0) == came);
    CALL(pvm_freebuf(came));
    came = BUFFER(receive(me, 32));
    CALL(pvm_upkint(&other, 1, 1));
    NOTE("%d", other);
    CALL(pvm_freebuf(came));
    CALL(pvm_getrbuf());
    CALL(pvm_freebuf(came));
}

static void about(int me) {
    struct pvmminfo info;
    memset(&info, 0, sizeof info);
    int made = BUFFER(pvm_mkbuf(PvmDataDefault));
    CALL(pvm_getminfo(made, &info));
    NOTE("len %d ctx %d tag %d src is me %d dst %d", info.len, info.ctx, info.tag,
         info.src == me, info.dst);
    CALL(pvm_getminfo(made + 1000, &info));
    CALL(pvm_getminfo(-1, &info));
    info.tag = 55;
    info.ctx = 0;
    info.src = me;
    info.dst = me;
    CALL(pvm_setminfo(made, &info));
    CALL(pvm_setminfo(made + 1000, &info));
    memset(&info, 0, sizeof info);
    CALL(pvm_getminfo(made, &info));
    NOTE("tag %d src is me %d dst is me %d", info.tag, info.src == me, info.dst == me);
    CALL(pvm_freebuf(made));
    pvm_initsend(PvmDataRaw);
    pvm_pkstr("about");
    CALL(pvm_send(me, 56));
    int came = BUFFER(receive(me, 56));
    CALL(pvm_getminfo(came, &info));
    NOTE("len %d tag %d src is me %d dst is me %d", info.len, info.tag, info.src == me,
         info.dst == me);
}

int main(void) {
    int me = begin();
    sending();
    receiving(me);
    about(me);
    CALL(pvm_exit());
    return 0;
}

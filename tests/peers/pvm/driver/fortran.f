c     The Fortran face: every subroutine of libfpvm3 once, with what it
c     gives. Strings come with blanks behind them, as Fortran has them.

      program driver
      include 'fpvm3.h'
      integer me
      call pvmfmytid(me)
      call say('pvmfmytid > 0', merge(1, 0, me .gt. 0))
      call buffers(me)
      call packing(me)
      call atonce(me)
      call processes(me)
      call hosts(me)
      call contexts
      call mailbox
      call groups(me)
      call finish
      end

c     One line a call.
      subroutine say(name, result)
      character*(*) name
      integer result
      write (*, '(a, a, i0)') name, ' = ', result
      end

      subroutine buffers(me)
      include 'fpvm3.h'
      integer me, one, two, old, info, bytes, tag, from
      call pvmfinitsend(PVMDEFAULT, one)
      call say('pvmfinitsend > 0', merge(1, 0, one .gt. 0))
      call pvmfinitsend(77, info)
      call say('pvmfinitsend of no encoding', info)
      call pvmfmkbuf(PVMRAW, two)
      call say('pvmfmkbuf > 0', merge(1, 0, two .gt. 0))
      call pvmfgetsbuf(one)
      call pvmfsetsbuf(two, old)
      call say('pvmfsetsbuf gives the old', merge(1, 0, old .eq. one))
      call pvmffreebuf(two, info)
      call say('pvmffreebuf', info)
      call pvmffreebuf(two, info)
      call say('pvmffreebuf again', info)
      call pvmfgetrbuf(old)
      call say('pvmfgetrbuf', old)
      call pvmfsetrbuf(4242, old)
      call say('pvmfsetrbuf of none', old)
      call pvmfinitsend(PVMDEFAULT, one)
      call pvmfsend(me, 3, info)
      call say('pvmfsend', info)
      call pvmfsend(me, -3, info)
      call say('pvmfsend of a bad tag', info)
      call pvmftrecv(me, 3, 15, 0, one)
      call pvmfbufinfo(one, bytes, tag, from, info)
      call say('pvmfbufinfo', info)
      call say('bytes', bytes)
      call say('tag', tag)
      call say('from me', merge(1, 0, from .eq. me))
      end

      subroutine packing(me)
      include 'fpvm3.h'
      integer me, info, buffer, i(3), gi(3)
      integer*2 s(2), gs(2)
      real r(2), gr(2)
      double precision d(2), gd(2)
      complex c(1), gc(1)
      double complex z(1), gz(1)
      character*8 text, got
      data i /1, -2, 2147483647/, s /3, -4/, r /1.5, -2.5/
      data d /1d100, -2d0/, c /(1.0, 2.0)/, z /(3d0, 4d0)/
      text = 'fortran'
      call pvmfinitsend(PVMDEFAULT, buffer)
      call pvmfpack(INTEGER4, i, 3, 1, info)
      call say('pvmfpack INTEGER4', info)
      call pvmfpack(INTEGER2, s, 2, 1, info)
      call say('pvmfpack INTEGER2', info)
      call pvmfpack(REAL4, r, 2, 1, info)
      call say('pvmfpack REAL4', info)
      call pvmfpack(REAL8, d, 2, 1, info)
      call say('pvmfpack REAL8', info)
      call pvmfpack(COMPLEX8, c, 1, 1, info)
      call say('pvmfpack COMPLEX8', info)
      call pvmfpack(COMPLEX16, z, 1, 1, info)
      call say('pvmfpack COMPLEX16', info)
      call pvmfpack(STRING, text, 7, 1, info)
      call say('pvmfpack STRING', info)
      call pvmfpack(BYTE1, text, 4, 1, info)
      call say('pvmfpack BYTE1', info)
      call pvmfpack(99, i, 1, 1, info)
      call say('pvmfpack of no type', info)
      call pvmfpack(INTEGER4, i, -1, 1, info)
      call say('pvmfpack of -1', info)
      call pvmfsend(me, 4, info)
      call pvmfrecv(me, 4, buffer)
      call pvmfunpack(INTEGER4, gi, 3, 1, info)
      write (*, *) gi
      call pvmfunpack(INTEGER2, gs, 2, 1, info)
      write (*, *) gs
      call pvmfunpack(REAL4, gr, 2, 1, info)
      write (*, *) gr
      call pvmfunpack(REAL8, gd, 2, 1, info)
      write (*, *) gd
      call pvmfunpack(COMPLEX8, gc, 1, 1, info)
      write (*, *) gc
      call pvmfunpack(COMPLEX16, gz, 1, 1, info)
      write (*, *) gz
      got = 'xxxxxxxx'
      call pvmfunpack(STRING, got, 7, 1, info)
      write (*, '(3a)') '<', got, '>'
      got = 'xxxxxxxx'
      call pvmfunpack(BYTE1, got, 4, 1, info)
      write (*, '(3a)') '<', got, '>'
      call pvmfunpack(INTEGER4, gi, 1, 1, info)
      call say('pvmfunpack past the end', info)
      end

      subroutine atonce(me)
      include 'fpvm3.h'
      integer me, info, from, tag, bytes, i(2), got(2), buffer
      data i /7, 8/
      call pvmfpsend(me, 5, i, 2, INTEGER4, info)
      call say('pvmfpsend', info)
      call pvmfprecv(me, 5, got, 2, INTEGER4, from, tag, bytes, info)
      call say('pvmfprecv', info)
      write (*, *) got, tag, bytes
      call pvmfprobe(me, 5, buffer)
      call say('pvmfprobe', buffer)
      call pvmfnrecv(me, 5, buffer)
      call say('pvmfnrecv', buffer)
      call pvmfmcast(0, i, 5, info)
      call say('pvmfmcast to nobody', info)
      end

      subroutine processes(me)
      include 'fpvm3.h'
      integer me, ids(2), count, info, buffer, old, sibling
      integer id, parent, host, flag
      character*40 name
      call pvmfparent(info)
      call say('pvmfparent', info)
      call pvmfspawn('driver-child', PVMDEFAULT, '*', 2, ids, count)
      call say('pvmfspawn', count)
      call pvmfspawn('no-such-program', PVMDEFAULT, '*', 1, id, count)
      call say('pvmfspawn of none', count)
      call say('its error', id)
      call pvmfspawn('driver-child', PVMHOST, 'nohost', 1, id, count)
      call say('pvmfspawn nowhere', count)
      call say('its error', id)
      call pvmfnotify(PVMTASKEXIT, 9, 1, ids, info)
      call say('pvmfnotify', info)
      call pvmftrecv(-1, 9, 15, 0, buffer)
      call pvmfunpack(INTEGER4, id, 1, 1, info)
      call say('the first has ended', merge(1, 0, id .eq. ids(1)))
      call pvmfpstat(me, info)
      call say('pvmfpstat', info)
      call pvmfpstat(ids(1), info)
      call say('pvmfpstat of one gone', info)
      call pvmfkill(ids(1), info)
      call say('pvmfkill of one gone', info)
      call pvmfsendsig(ids(1), 15, info)
      call say('pvmfsendsig to one gone', info)
      call pvmftasks(me, count, id, parent, host, flag, name, info)
      call say('pvmftasks', info)
      call say('me', merge(1, 0, id .eq. me))
      call pvmfsiblings(count, 0, sibling)
      call say('pvmfsiblings', count)
      call pvmfcatchout(0, info)
      call say('pvmfcatchout', info)
      call pvmfsetopt(PVMROUTE, PVMROUTEDIRECT, old)
      call say('pvmfsetopt', old)
      call pvmfgetopt(PVMROUTE, old)
      call say('pvmfgetopt', old)
      call pvmfperror('fortran', info)
      call say('pvmfperror', info)
      end

      subroutine hosts(me)
      include 'fpvm3.h'
      integer me, count, formats, host, speed, info, code, i
      integer seconds, micros, more, least
      character*40 name, arch
      do 10 i = 1, 4
         call pvmfconfig(count, formats, host, name, arch, speed, info)
         write (*, '(i0, 1x, z6, 4a, i0)') count, host, ' ',
     1         name(1:10), arch(1:10), ' ', speed
 10   continue
      call pvmfaddhost('nohost', info)
      call say('pvmfaddhost of none', info)
      call pvmfdelhost('nohost', info)
      call say('pvmfdelhost of none', info)
      call pvmfmstat('local2', info)
      call say('pvmfmstat', info)
      call pvmfmstat('nohost', info)
      call say('pvmfmstat of none', info)
      call pvmftidtohost(me, host)
      call say('pvmftidtohost', host)
      call pvmfarchcode('LINUX64', code)
      call say('pvmfarchcode >= 0', merge(1, 0, code .ge. 0))
      call pvmfhostsync(host, seconds, micros, more, least, info)
      call say('pvmfhostsync', info)
      end

      subroutine contexts
      include 'fpvm3.h'
      integer context, old, info
      call pvmfgetcontext(context)
      call say('pvmfgetcontext', context)
      call pvmfnewcontext(context)
      call say('pvmfnewcontext > 0', merge(1, 0, context .gt. 0))
      call pvmfsetcontext(context, old)
      call say('pvmfsetcontext', old)
      call pvmfsetcontext(0, old)
      call pvmffreecontext(context, info)
      call say('pvmffreecontext', info)
      call pvmffreecontext(context, info)
      call say('pvmffreecontext again > 0', merge(1, 0, info .gt. 0))
      end

      subroutine mailbox
      include 'fpvm3.h'
      integer buffer, info, number
      call pvmfinitsend(PVMDEFAULT, buffer)
      call pvmfpack(INTEGER4, 17, 1, 1, info)
      call pvmfputinfo('entry', buffer, PVMMBOXDEFAULT, info)
      call say('pvmfputinfo', info)
      call pvmfrecvinfo('entry', 0, PVMMBOXDEFAULT, buffer)
      call say('pvmfrecvinfo > 0', merge(1, 0, buffer .gt. 0))
      call pvmfsetrbuf(buffer, info)
      call pvmfunpack(INTEGER4, number, 1, 1, info)
      call say('number', number)
      call pvmfrecvinfo('none', 0, PVMMBOXDEFAULT, buffer)
      call say('pvmfrecvinfo of none', buffer)
      call pvmfdelinfo('entry', 0, PVMMBOXDEFAULT, info)
      call say('pvmfdelinfo', info)
      call pvmfdelinfo('entry', 0, PVMMBOXDEFAULT, info)
      call say('pvmfdelinfo again', info)
      end

      subroutine groups(me)
      include 'fpvm3.h'
      external PvmSum, PvmMax, PvmMin, PvmProduct
      integer me, info, number, id, i(2), got(2), buffer
      data i /3, 4/
      call pvmfjoingroup('fort', number)
      call say('pvmfjoingroup', number)
      call pvmfjoingroup('fort', number)
      call say('pvmfjoingroup again', number)
      call pvmfgsize('fort', number)
      call say('pvmfgsize', number)
      call pvmfgetinst('fort', me, number)
      call say('pvmfgetinst', number)
      call pvmfgettid('fort', 0, id)
      call say('pvmfgettid', merge(1, 0, id .eq. me))
      call pvmfbarrier('fort', 1, info)
      call say('pvmfbarrier', info)
      call pvmfinitsend(PVMDEFAULT, buffer)
      call pvmfbcast('fort', 6, info)
      call say('pvmfbcast', info)
      call pvmfreduce(PvmSum, i, 2, INTEGER4, 7, 'fort', 0, info)
      call say('pvmfreduce sum', info)
      call pvmfreduce(PvmMax, i, 2, INTEGER4, 7, 'fort', 0, info)
      call say('pvmfreduce max', info)
      call pvmfreduce(PvmMin, i, 2, INTEGER4, 7, 'none', 0, info)
      call say('pvmfreduce in no group', info)
      call pvmfreduce(PvmProduct, i, 2, 99, 7, 'fort', 0, info)
      call say('pvmfreduce of no type', info)
      call pvmfscatter(got, i, 2, INTEGER4, 8, 'fort', 0, info)
      call say('pvmfscatter', info)
      write (*, *) got
      call pvmfgather(got, i, 2, INTEGER4, 9, 'fort', 0, info)
      call say('pvmfgather', info)
      call pvmffreezegroup('fort', 1, info)
      call say('pvmffreezegroup', info)
      call pvmflvgroup('fort', info)
      call say('pvmflvgroup', info)
      call pvmflvgroup('fort', info)
      call say('pvmflvgroup again', info)
      end

      subroutine finish
      include 'fpvm3.h'
      integer info
      call pvmfexit(info)
      call say('pvmfexit', info)
      end

//! The parts of the script that several wrappers share: each is there only where something uses it.

use std::collections::BTreeSet;

/// A declaration, and those that it uses. Their names are capitals and `$…`; those of parameters begin small.
pub(super) struct Helper {
    text: &'static str,
    needs: &'static [usize],
}

/// The helpers that a script uses.
#[derive(Debug, Default)]
pub(super) struct Helpers(BTreeSet<usize>);

/// Numbers the helpers in the order in which they are declared.
macro_rules! helpers {
    ($($(#[$doc:meta])* $name:ident [$($needs:ident),*] $text:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "numbers for the constants below")]
        enum Order { $($name),* }
        impl Helpers {
            $($(#[$doc])* pub(super) const $name: usize = Order::$name as usize;)*
        }
        const ALL: &[Helper] = &[$(Helper { text: $text, needs: &[$(Helpers::$needs),*] }),*];
    };
}

helpers! {
    WEB_ASSEMBLY [] "W=WebAssembly";
    /// Whether this is node.
    NODE [] "Z=globalThis.process?.versions?.node";
    /// `$(module, names)`: what the host gives. What objects inherit is not given.
    LOOKUP [] "h=Object.hasOwn,$$=[],$=(m,...l)=>l.map(n=>h(I,m)&&h(I[m]??0,n)?I[m][n]:$$.push(` \\`${m}\\` \\`${n}\\``))";
    /// `U()`: all memory. A buffer that was left behind by growth has no length.
    BYTES [] "B=new Uint8Array,U=()=>B.length?B:B=new Uint8Array(X.memory.buffer)";
    /// `M(at, length)`: a part of memory.
    PART [BYTES] "M=(a,n)=>U().subarray(a>>>=0,a+n)";
    DECODER [] "D=new TextDecoder(\"utf8\",{ignoreBOM:1})";
    /// `E(text)`: its bytes, or itself if it is short ASCII, which needs no encoder.
    ENCODER [] "$8=new TextEncoder,E=(v,i=0)=>{if(v?.charCodeAt&&v.length<64)for(;i<v.length&&v.charCodeAt(i)<128;)i++;return i&&i==v.length?v:$8.encode(v)}";
    /// `T(at, length)`: text in memory. Short ASCII needs no decoder, whose call costs more than the text.
    TEXT [PART, DECODER] "$h=String.fromCharCode,T=(a,n,i=a>>>0,z=i+n,w=n<64?0:128,s=\"\",c,d,e,f,g,h,j,k)=>{for(U();w<128&&i<z;w|=c|d|e|f|g|h|j|k)s+=i+7<z?$h(c=B[i++],d=B[i++],e=B[i++],f=B[i++],g=B[i++],h=B[i++],j=B[i++],k=B[i++]):$h(c=B[i++]);return w<128?s:D.decode(M(a,n))}";
    /// `C(class, numbers)`: their bytes.
    NUMBERS [] "C=(c,v)=>(v instanceof c||(v=c.from(v)),new Uint8Array(v.buffer,v.byteOffset,v.byteLength))";
    /// `$u(class, number)`: the bytes of one.
    NUMBER [] "$u=(c,v)=>new Uint8Array(c.of(v).buffer)";
    /// `L(read, size, bytes)`: a list of structs.
    READ [] "L=(g,z,b,v=new DataView(b.buffer,b.byteOffset,b.length))=>Array.from({length:b.length/z},(_,i)=>g(v,i*z))";
    /// `K(write, size, list)`: their bytes.
    WRITE [] "K=(s,z,l)=>{let b=new Uint8Array(l.length*z),v=new DataView(b.buffer),i=0;for(;i<l.length;i++)s(v,i*z,l[i]);return b}";
    /// What the guest takes next.
    PENDING [] "P=[]";
    /// `$a(class, at, length)`: numbers in memory.
    ARRAY [BYTES] "$a=(c,a,n)=>new c(U().buffer,a>>>0,n/c.BYTES_PER_ELEMENT)";
    /// What the guest gave.
    GIVEN [] "G=[]";
    /// `$n(class, bytes)`: numbers that it gave.
    GIVEN_NUMBERS [] "$n=(c,b)=>new c(b.buffer)";
    /// The error of the export that is about to return; `$y()` takes it.
    FAILED [] "$x,$y=(x=$x)=>($x=void 0,x)";
    /// `$o(status, length = 0)`: tells the guest that there is no value, but an error of this length. Its i32 is 0.
    STATUS [BYTES] "$o=(s,n=0)=>{for(U(),s>>>=0,n++;n;n>>>=8)B[s++]=n}";
    /// `A(bytes)`: announces the one value that the guest takes.
    ANNOUNCE [PENDING] "A=b=>(P=[b],b.length)";
    /// `Q(status, error, encode)`: what an import threw, for the guest; its traps pass through.
    RESULT [ANNOUNCE, STATUS, WEB_ASSEMBLY] "Q=(s,x,e)=>{if(x instanceof W.RuntimeError)throw x;$o(s,A(e(x)))}";
    /// `$m(error)`: its text for the guest.
    MESSAGE [ENCODER] "$m=x=>E(String(x?.message??x))";
    /// `V` slots, `F` free ones; `H(value)`, `J(index)`, `Y(index)`: put, drop, take.
    REFERENCES [] "V=[null],F=[],H=(v,i)=>v==null?0:(V[i=F.pop()??V.length]=v,i),J=i=>{if(i)V[i]=null,F.push(i)},Y=(i,v=V[i])=>(J(i),v)";
    /// `$t(value, message = value)`: an export's error.
    THROW [] "$t=(v,m=v)=>{throw Object.assign(Error(m),{value:v})}";
    /// It is a reference.
    THROW_REFERENCE [] "$r=v=>{throw v}";
    /// It is anything else; 64-bit integers have no JSON.
    THROW_VALUE [THROW] "$e=(v,f)=>$t(v,\"the program failed: \"+JSON.stringify(v,f))";
    THROW_LARGE [THROW_VALUE] "$i=v=>$e(v,(_,v)=>typeof v==\"bigint\"?\"\"+v:v)";
    /// `$b(list, changed)`: a slice that the guest changed.
    WRITE_BACK [] "$b=(o,l)=>l.forEach((v,i)=>o[i]=v)";
    /// `$v(returned, (at, length) => …)`: a `View`.
    VIEW [] "$v=(v,f)=>f(...new Uint32Array(BigInt64Array.of(v).buffer))";
    /// `N(stream, text)`; in a browser the console gets whole lines.
    PRINT [NODE] "$l=[],N=O.print??((s,t,l)=>{if(Z)process[s>1?\"stderr\":\"stdout\"].write(t);else{l=(($l[s]??\"\")+t).split(\"\\n\");$l[s]=l.pop();for(t of l)console[s>1?\"error\":\"log\"](t)}})";
    /// The bits of `wasm::Host`.
    FEATURES [WEB_ASSEMBLY, NODE] "$w=(...b)=>W.validate(Uint8Array.of(0,97,115,109,1,0,0,0,...b)),$f=[1,!Z,Z,0,0,Z||typeof document!=\"object\",$w(1,5,1,96,0,1,123,3,2,1,0,10,10,1,8,0,65,0,253,15,253,98,11),$w(5,5,2,0,0,0,0),$w(5,3,1,4,1),$w(1,4,1,96,0,0,3,2,1,0,10,8,1,6,0,31,64,0,11,11),$w(1,5,1,95,1,120,0),\"Suspending\"in W].reduce((b,x,i)=>b|!!x<<i,0)";
}

impl Helpers {
    /// This one is used, and those that it uses.
    pub(super) fn take(&mut self, helper: usize) {
        if self.0.insert(helper) {
            ALL[helper].needs.iter().for_each(|&needed| self.take(needed));
        }
    }

    pub(super) fn has(&self, helper: usize) -> bool {
        self.0.contains(&helper)
    }

    /// The declarations, in order.
    pub(super) fn texts(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|&helper| ALL[helper].text)
    }
}

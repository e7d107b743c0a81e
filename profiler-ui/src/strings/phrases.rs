//! What the tools say (advice, the parts of a memory, kinds of items), in the app's other languages, by the English: one
//! line a sentence. A number in braces is a gap that the tools fill.

use super::Language;

macro_rules! sentences {
    (
        $(#[$doc:meta])*
        $translation:ident $all:ident
        $($english:literal: $mandarin:literal, $hindi:literal, $spanish:literal;)*
    ) => {
        $(#[$doc])*
        pub(super) fn $translation(english: &str, language: Language) -> Option<&'static str> {
            let [mandarin, hindi, spanish] = match english {
                $($english => [$mandarin, $hindi, $spanish],)*
                _ => return None,
            };
            match language {
                Language::English => None,
                Language::Mandarin => Some(mandarin),
                Language::Hindi => Some(hindi),
                Language::Spanish => Some(spanish),
            }
        }

        #[cfg(test)]
        const $all: &[&str] = &[$($english,)*];
    };
}

sentences! {
    /// A sentence or word of the tools in a language; `None` if it is not known, or the language is its own.
    translation ALL

    "{0} × {1}": "{0} × {1}", "{0} × {1}", "{0} × {1}";
    "{0}, {1} above the stack pointer": "{0}，栈指针之上 {1}", "{0}, स्टैक पॉइंटर से {1} ऊपर", "{0}, {1} por encima del puntero de pila";
    "A `const` is copied to each place that uses it, and two versions of a crate bring their tables twice.": "`const` 会被复制到每个使用它的地方，而同一 crate 的两个版本会把其中的表带入两次。", "`const` हर उस जगह कॉपी होता है जहाँ उसका उपयोग होता है, और किसी क्रेट के दो संस्करण अपनी टेबल दो बार लाते हैं।", "Un `const` se copia en cada lugar que lo usa, y dos versiones de un crate traen sus tablas dos veces.";
    "{0} (address {1})": "{0}（地址 {1}）", "{0} (पता {1})", "{0} (dirección {1})";
    "All elements have zeros in the same upper bytes. (After compression the difference is small.)": "所有元素的相同高位字节都为零。（压缩后差别很小。）", "सभी एलिमेंट में वही ऊपरी बाइट शून्य हैं। (संपीड़न के बाद अंतर छोटा रहता है।)", "Todos los elementos tienen ceros en los mismos bytes altos. (Tras la compresión, la diferencia es pequeña.)";
    "A memory is zero when it is made, so zeros need not be in the file.": "内存在创建时全为零，因此文件中不必包含零。", "मेमोरी बनते समय शून्य होती है, इसलिए शून्यों का फ़ाइल में होना ज़रूरी नहीं।", "Una memoria está a cero cuando se crea, así que los ceros no tienen que estar en el archivo.";
    "a static table is wider than its values": "1 个静态表的元素宽于其值所需", "एक स्टैटिक टेबल अपने मानों से चौड़ी है", "una tabla estática es más ancha que sus valores";
    "at the heap's end": "堆的末尾", "हीप के अंत में", "al final del heap";
    "Below {0} the stack is zero: nothing was written there up to this moment. With {1} bytes, at least four times what was used, the memory starts {2} smaller. It counts where memory is counted by its size, such as limits of hosts and of instances; a system that gives pages when they are written has not given these. A run that goes deeper than that would trap or overwrite data.": "{0} 以下的栈全为零：到此刻为止，那里没有写入过任何内容。如果设为 {1} 字节，即至少已用量的四倍，内存的初始大小会减小 {2}。在按大小计量内存的地方（例如宿主和实例的限制），这会有作用；而在写入时才分配页的系统并没有分配这些页。如果某次运行的栈比这更深，则会触发 trap 或覆盖数据。", "{0} के नीचे स्टैक शून्य है: इस क्षण तक वहाँ कुछ नहीं लिखा गया। {1} बाइट के साथ, जो प्रयुक्त का कम से कम चार गुना है, मेमोरी {2} छोटी शुरू होती है। यह वहाँ मायने रखता है जहाँ मेमोरी उसके आकार से गिनी जाती है, जैसे होस्ट और इंस्टैंस की सीमाओं में; जो सिस्टम लिखे जाने पर ही पेज देता है, उसने ये नहीं दिए हैं। जो रन इससे अधिक गहरा जाए, वह ट्रैप करेगा या डेटा को ओवरराइट करेगा।", "Por debajo de {0} la pila está a cero: no se ha escrito nada allí hasta este momento. Con {1} bytes, al menos cuatro veces lo que se usó, la memoria empieza con {2} menos. Importa donde la memoria se cuenta por su tamaño, como en los límites de hosts y de instancias; un sistema que entrega las páginas cuando se escriben no ha entregado estas. Una ejecución que llegue a más profundidad provocaría un trap o sobrescribiría datos.";
    "{0}, {1} below the stack pointer": "{0}，栈指针之下 {1}", "{0}, स्टैक पॉइंटर से {1} नीचे", "{0}, {1} por debajo del puntero de pila";
    "{0} blocks of the heap are lost: nothing points to them": "堆中有 {0} 个块已丢失：没有指针指向它们", "हीप के {0} ब्लॉक खो गए हैं: कोई पॉइंटर उनकी ओर नहीं है", "{0} bloques del heap están perdidos: nada apunta a ellos";
    "build for bulk memory: -Ctarget-feature=+bulk-memory (Rust, on by default since 1.87), -mbulk-memory (C, C++); let a memcpy of your own call __builtin_memcpy": "构建时启用 bulk memory：-Ctarget-feature=+bulk-memory（Rust，自 1.87 起默认启用）、-mbulk-memory（C、C++）；自己编写的 memcpy 应调用 __builtin_memcpy", "बल्क मेमोरी के लिए बिल्ड करें: -Ctarget-feature=+bulk-memory (Rust, 1.87 से डिफ़ॉल्ट रूप से चालू), -mbulk-memory (C, C++); आपका अपना memcpy __builtin_memcpy को कॉल करे", "compile con bulk memory: -Ctarget-feature=+bulk-memory (Rust, activado de forma predeterminada desde la 1.87), -mbulk-memory (C, C++); un memcpy propio debe llamar a __builtin_memcpy";
    "build the text with push_str, and numbers with a small function (or the crate `itoa`), instead of format!, write! and to_string": "用 push_str 拼接文本，用一个小函数（或 `itoa` crate）生成数字，而不用 format!、write! 和 to_string", "format!, write! और to_string के बजाय पाठ push_str से बनाएँ, और संख्याएँ किसी छोटे फ़ंक्शन (या `itoa` क्रेट) से", "componga el texto con push_str, y los números con una función pequeña (o el crate `itoa`), en lugar de format!, write! y to_string";
    "{0} bytes": "{0} 字节", "{0} बाइट", "{0} bytes";
    "{0} bytes at {1}: {2}": "{1} 处的 {0} 字节：{2}", "{1} पर {0} बाइट: {2}", "{0} bytes en {1}: {2}";
    "{0} bytes at {1}, as at {2}": "{1} 处的 {0} 字节，与 {2} 处相同", "{1} पर {0} बाइट, वही जो {2} पर", "{0} bytes en {1}, los mismos que en {2}";
    "{0}, called by {1}": "{0}，由 {1} 调用", "{0}, जिसे {1} कॉल करता है", "{0}, llamada por {1}";
    "can panic: {0}": "可能 panic：{0}", "पैनिक कर सकता है: {0}", "puede provocar un panic: {0}";
    "Compilers and linkers wrote these sections for each other; nothing reads them at run time.": "这些段是编译器和链接器为彼此写入的；运行时没有任何程序会读取它们。", "कंपाइलर और लिंकर ने ये सेक्शन एक-दूसरे के लिए लिखे हैं; चलते समय इन्हें कोई नहीं पढ़ता।", "Los compiladores y los enlazadores escribieron estas secciones unos para otros; nada las lee en tiempo de ejecución.";
    "Counted is all time in functions that take and free memory, and in what they call. It goes as far as the functions named here reuse what they have; the gain is what goes if all of them do.": "计入的是分配和释放内存的函数及其所调用函数的全部时间。能省下多少，取决于此处列出的函数在多大程度上复用已有的内存；收益为它们全都复用时省下的时间。", "मेमोरी लेने और मुक्त करने वाले फ़ंक्शनों का, और वे जिन्हें कॉल करते हैं उनका, सारा समय गिना गया है। यहाँ बताए गए फ़ंक्शन अपने पास की मेमोरी का जितना पुनः उपयोग करेंगे, यह समय उतना हटेगा; लाभ वह है जो सबके ऐसा करने पर हटेगा।", "Se cuenta todo el tiempo en funciones que asignan y liberan memoria, y en lo que estas llaman. Desaparece en la medida en que las funciones nombradas aquí reutilicen lo que tienen; la ganancia es lo que desaparece si todas lo hacen.";
    "Counted is all time in the machinery of format strings (core::fmt, printf), of panics and of numbers in decimal, and in what they call. A writer for one type costs a third to a half of it; the gain is counted as half.": "计入的是处理格式字符串（core::fmt、printf）、panic 和十进制数字的代码及其所调用函数的全部时间。针对单一类型的写入函数只需其三分之一到一半；收益为一半。", "फ़ॉर्मैट स्ट्रिंग (core::fmt, printf), पैनिक और दशमलव में संख्याओं के तंत्र का, और वह जिन्हें कॉल करता है उनका, सारा समय गिना गया है। एक ही टाइप का राइटर इसका एक-तिहाई से आधा समय लेता है; लाभ आधा है।", "Se cuenta todo el tiempo en el código de las cadenas de formato (core::fmt, printf), de los panics y de los números en decimal, y en lo que este llama. Una función de escritura para un solo tipo cuesta entre un tercio y la mitad de ese tiempo; la ganancia es la mitad.";
    "Counted is the time in the function's own code, not in what it calls. The gain is what goes if it is made twice as fast; nothing else in the program can bring as much.": "计入的是函数自身代码的时间，不含其所调用函数的时间。收益为其速度提高到两倍时省下的时间；程序中没有其他地方能带来这么多收益。", "फ़ंक्शन के अपने कोड का समय गिना गया है, उसका नहीं जिसे वह कॉल करता है। लाभ वह है जो इसे दोगुना तेज़ बनाने पर हटेगा; प्रोग्राम में और कुछ इतना लाभ नहीं दे सकता।", "Se cuenta el tiempo en el código propio de la función, no en lo que esta llama. La ganancia es lo que desaparece si se hace el doble de rápida; nada más en el programa puede aportar tanto.";
    "Counted is the time of what the module imports, the way there and back included, until the host calls the module again. What the host does for each call can't be told from what it does for the data: the gain is what goes if the calls are made so seldom that they no longer count.": "计入的是模块所导入函数的时间，包括往返的开销，直到宿主再次调用模块为止。宿主为每次调用所做的工作与为数据所做的工作无法区分：收益为调用少到可以忽略不计时省下的时间。", "मॉड्यूल जो आयात करता है उसका समय गिना गया है, आने-जाने समेत, जब तक होस्ट मॉड्यूल को फिर कॉल न करे। होस्ट हर कॉल के लिए जो करता है और डेटा के लिए जो करता है, उनमें अंतर नहीं किया जा सकता: लाभ वह है जो हटेगा, यदि कॉल इतने कम किए जाएँ कि उनका असर न रहे।", "Se cuenta el tiempo de lo que el módulo importa, ida y vuelta incluidas, hasta que el host vuelve a llamar al módulo. Lo que el host hace por cada llamada no se puede distinguir de lo que hace por los datos: la ganancia es lo que desaparece si las llamadas se hacen tan pocas veces que ya no cuentan.";
    "Counted is what DEFLATE takes off; a decoder in the module costs some 10,000 bytes, the host's own (DecompressionStream) nothing. The transfer is not smaller where the server compresses.": "计入的是 DEFLATE 所能减少的部分；模块内的解码器约需 10,000 字节，宿主自带的（DecompressionStream）则无需任何字节。如果服务器会压缩，传输量不会变小。", "DEFLATE जितना घटाता है, वह गिना गया है; मॉड्यूल में डिकोडर की लागत लगभग 10,000 बाइट है, होस्ट के अपने डिकोडर (DecompressionStream) की कुछ नहीं। जहाँ सर्वर संपीड़ित करता है, वहाँ स्थानांतरण छोटा नहीं होता।", "Se cuenta lo que quita DEFLATE; un decodificador en el módulo cuesta unos diez mil bytes, y el propio del host (DecompressionStream), nada. La transferencia no es menor donde el servidor comprime.";
    "debug information is shipped": "发布的文件中带有调试信息", "वितरित फ़ाइल में डिबग जानकारी है", "se distribuye información de depuración";
    "define the table once and declare it where it is used (not `static` in a header)": "只定义一次该表，并在使用处声明它（不要在头文件中用 `static`）", "टेबल को एक बार परिभाषित करें और जहाँ उसका उपयोग हो वहाँ घोषित करें (हेडर में `static` नहीं)", "defina la tabla una sola vez y declárela donde se use (no como `static` en un archivo de cabecera)";
    "Each caller has its own copy. A call costs some time, so leave out what must be fast.": "每个调用者都有自己的一份副本。调用需要一些时间，因此请排除必须快速执行的函数。", "हर कॉलर के पास अपनी प्रति है। कॉल में कुछ समय लगता है, इसलिए जिसे तेज़ होना ज़रूरी है उसे छोड़ दें।", "Cada función que la llama tiene su propia copia. Una llamada cuesta algo de tiempo, así que excluya lo que deba ser rápido.";
    "Each caller has its own copy. {0} large functions are inlined like that; counted is the largest. A call costs some time, so leave out what must be fast.": "每个调用者都有自己的一份副本。有 {0} 个大函数被这样内联；计入的是第一个。调用需要一些时间，因此请排除必须快速执行的函数。", "हर कॉलर के पास अपनी प्रति है। {0} बड़े फ़ंक्शन इसी तरह इनलाइन हुए हैं; गिनती पहले की है। कॉल में कुछ समय लगता है, इसलिए जिसे तेज़ होना ज़रूरी है उसे छोड़ दें।", "Cada función que la llama tiene su propia copia. {0} funciones grandes se insertan inline de ese modo; se cuenta la primera. Una llamada cuesta algo de tiempo, así que excluya lo que deba ser rápido.";
    "Each object file brings its own copy of a table that is defined in a header.": "在头文件中定义的表，每个目标文件都会带入自己的一份副本。", "हर ऑब्जेक्ट फ़ाइल हेडर में परिभाषित टेबल की अपनी प्रति लाती है।", "Cada archivo objeto trae su propia copia de una tabla definida en un archivo de cabecera.";
    "embed the text deflated and inflate it when it is first used, or fetch it as a file of its own": "将文本以 DEFLATE 压缩后嵌入，首次使用时再解压，或将其作为单独的文件获取", "पाठ को deflate करके एम्बेड करें और पहली बार उपयोग होने पर inflate करें, या उसे अलग फ़ाइल के रूप में लाएँ", "incluya el texto comprimido con DEFLATE y descomprímalo cuando se use por primera vez, o descárguelo como archivo aparte";
    "Exact conversion of f32 and f64 to text is large; it is only reached through Display and Debug of floats.": "将 f32 和 f64 精确转换为文本的代码很大；只有通过浮点数的 Display 和 Debug 才会到达这些代码。", "f32 और f64 को पाठ में सटीक बदलने वाला कोड बड़ा है; उस तक केवल फ़्लोट के Display और Debug से पहुँचा जाता है।", "La conversión exacta de f32 y f64 a texto ocupa mucho; solo se llega a ella a través de Display y Debug de números de punto flotante.";
    "1 export is not meant for a host": "1 个导出并非供宿主使用", "1 निर्यात होस्ट के लिए नहीं है", "1 exportación no está destinada a un host";
    "{0} exports are not meant for a host": "{0} 个导出并非供宿主使用", "{0} निर्यात होस्ट के लिए नहीं हैं", "{0} exportaciones no están destinadas a un host";
    "find where the lost blocks ({0}) are allocated and forgotten (Box::leak, mem::forget, into_raw without from_raw, a handle that the host does not give back, malloc without free), and free them": "找出丢失的块（{0}）在何处被分配后又被遗忘（Box::leak、mem::forget、有 into_raw 而没有 from_raw、宿主未归还的句柄、有 malloc 而没有 free），并将其释放", "पता करें कि खोए हुए ब्लॉक ({0}) कहाँ आवंटित होकर भुला दिए जाते हैं (Box::leak, mem::forget, from_raw के बिना into_raw, होस्ट का न लौटाया हुआ हैंडल, free के बिना malloc), और उन्हें मुक्त करें", "busque dónde se asignan y se olvidan los bloques perdidos ({0}) (Box::leak, mem::forget, into_raw sin from_raw, un handle que el host no devuelve, malloc sin free), y libérelos";
    "floating-point numbers are turned into text": "浮点数被转换为文本", "फ़्लोटिंग-पॉइंट संख्याएँ पाठ में बदली जाती हैं", "se convierten números de punto flotante en texto";
    "format a rounded integer instead ((x * 100.0).round() as i64 and a decimal point), or let the host format": "改为格式化舍入后的整数（(x * 100.0).round() as i64 再加小数点），或交由宿主格式化", "इसकी जगह पूर्णांक में राउंड की हुई संख्या फ़ॉर्मैट करें ((x * 100.0).round() as i64 और एक दशमलव बिंदु), या फ़ॉर्मैटिंग होस्ट को करने दें", "dé formato en su lugar a un entero redondeado ((x * 100.0).round() as i64 y un punto decimal), o deje que el host dé el formato";
    "formats: {0}": "进行格式化：{0}", "फ़ॉर्मैट करता है: {0}", "da formato: {0}";
    "Found from static variables on, through all that they lead to: the bytes of the elements against the block that holds them. The gain is what goes if each has room for just what is in it now; the ones that still grow need it.": "从静态变量出发，沿其通向的一切查找：将元素的字节数与容纳它们的块相比。收益为每个容器的容量恰好容纳现有内容时可省下的部分；仍会增长的容器则需要这部分容量。", "स्टैटिक चरों से शुरू करके, वे जहाँ-जहाँ ले जाते हैं उन सब से होकर खोजा गया: एलिमेंट के बाइट बनाम उन्हें रखने वाला ब्लॉक। लाभ वह है जो हटेगा, यदि हर एक में बस उतनी जगह हो जितनी अभी की सामग्री को चाहिए; जो अभी बढ़ रहे हैं, उन्हें इसकी ज़रूरत है।", "Se buscan desde las variables estáticas y por todo aquello a lo que llevan: los bytes de los elementos frente al bloque que los contiene. La ganancia es lo que desaparece si cada uno tiene capacidad solo para lo que contiene ahora; los que aún crecen necesitan lo que sobra.";
    "free block": "空闲块", "मुक्त ब्लॉक", "bloque libre";
    "From {0} to {1} all is zero, and neither data nor a block lies there.": "从 {0} 到 {1} 全为零，那里既没有数据也没有块。", "{0} से {1} तक सब शून्य है, और वहाँ न डेटा है, न कोई ब्लॉक।", "De {0} a {1} todo está a cero, y allí no hay ni datos ni bloques.";
    "1 function is a copy of another": "1 个函数是另一个函数的副本", "1 फ़ंक्शन दूसरे की प्रति है", "1 función es copia de otra";
    "{0} functions are copies of others": "{0} 个函数是其他函数的副本", "{0} फ़ंक्शन दूसरों की प्रतियाँ हैं", "{0} funciones son copias de otras";
    "Functions of the same crate carry different hashes: it is there in several versions, or with several sets of features.": "同一 crate 的函数带有不同的哈希：该 crate 存在多个版本，或启用了多组不同的 feature。", "एक ही क्रेट के फ़ंक्शनों के हैश अलग-अलग हैं: वह कई संस्करणों में है, या फ़ीचर के कई सेट के साथ है।", "Las funciones del mismo crate llevan hashes distintos: el crate está en varias versiones, o con varios conjuntos de features.";
    "Functions outside the standard library that do so: {0}, most of all {1}. What is only reached through these calls would go.": "标准库之外这样做的函数：{0} 个，最多的是 {1}。只有通过这些调用才会到达的内容将可去除。", "मानक लाइब्रेरी के बाहर ऐसा करने वाले फ़ंक्शन: {0}, सबसे ज़्यादा {1}। जिस तक केवल इन कॉल से पहुँचा जाता है, वह हट जाएगा।", "Funciones ajenas a la biblioteca estándar que lo hacen: {0}; sobre todo, {1}. Desaparecería todo aquello a lo que solo se llega por estas llamadas.";
    "{0} functions were compiled more than once": "{0} 个函数被编译了不止一次", "{0} फ़ंक्शन एक से अधिक बार कंपाइल हुए हैं", "{0} funciones se compilaron más de una vez";
    "1 function was compiled more than once": "1 个函数被编译了不止一次", "1 फ़ंक्शन एक से अधिक बार कंपाइल हुआ है", "1 función se compiló más de una vez";
    "1 generic function has instances that could share their code": "1 个泛型函数的多个实例可以共享代码", "1 जेनेरिक फ़ंक्शन के ऐसे इंस्टैंस हैं जो अपना कोड साझा कर सकते हैं", "1 función genérica tiene instancias que podrían compartir su código";
    "{0} generic functions have instances that could share their code": "{0} 个泛型函数的多个实例可以共享代码", "{0} जेनेरिक फ़ंक्शनों के ऐसे इंस्टैंस हैं जो अपना कोड साझा कर सकते हैं", "{0} funciones genéricas tienen instancias que podrían compartir su código";
    "give the table the element type that its values need (`[u8; N]`, `[u16; N]`) and widen on reading": "让表使用其值所需的元素类型（`[u8; N]`、`[u16; N]`），并在读取时再扩展位宽", "टेबल को उसके मानों की ज़रूरत के अनुसार एलिमेंट टाइप दें (`[u8; N]`, `[u16; N]`) और पढ़ते समय चौड़ा करें", "dé a la tabla el tipo de elemento que necesitan sus valores (`[u8; N]`, `[u16; N]`) y amplíe los valores al leerlos";
    "header of {0} {1}": "{0} {1} 的头部", "{0} {1} का हेडर", "cabecera de {0} {1}";
    "heap, behind damage": "堆，位于损坏处之后", "हीप, क्षति के बाद", "heap, detrás de una zona dañada";
    "heap, the allocator's own": "堆，分配器自用", "हीप, एलोकेटर का अपना", "heap, propio del asignador";
    "{0}, held only by other lost blocks": "{0}，仅由其他丢失的块持有", "{0}, जिन्हें केवल दूसरे खोए हुए ब्लॉक पकड़े हुए हैं", "{0}, retenidos solo por otros bloques perdidos";
    "in {0}: {1}": "在 {0} 中：{1}", "{0} में: {1}", "en {0}: {1}";
    "in {0}: collect what is sent and call once for many (write to a buffer in memory, let the host read it), keep values that do not change instead of asking again, and decide in the module whether a call is needed": "在 {0} 中：将要发送的内容收集起来，多项合并为一次调用（写入内存中的缓冲区，由宿主读取），保存不变的值而不是再次请求，并在模块内判断是否需要调用", "{0} में: जो भेजा जाता है उसे इकट्ठा करें और कई के लिए एक बार कॉल करें (मेमोरी के बफ़र में लिखें, होस्ट को उसे पढ़ने दें), जो मान नहीं बदलते उन्हें फिर से पूछने के बजाय रख लें, और कॉल की ज़रूरत है या नहीं, यह मॉड्यूल में तय करें", "en {0}: reúna lo que se envía y haga una sola llamada para muchos datos (escriba en un búfer en memoria y deje que el host lo lea), conserve los valores que no cambian en lugar de volver a pedirlos, y decida en el módulo si hace falta una llamada";
    "indices and addresses are padded": "索引和地址带有填充", "इंडेक्स और पतों में पैडिंग है", "los índices y las direcciones llevan relleno";
    "inferred from the blocks alone; no state found": "仅根据块推断；未找到状态", "केवल ब्लॉकों से अनुमानित; कोई अवस्था नहीं मिली", "inferido solo de los bloques; no se halló ningún estado";
    "{0}, inlined into {1} functions": "{0}，内联到 {1} 个函数中", "{0}, {1} फ़ंक्शनों में इनलाइन", "{0}, insertada inline en {1} funciones";
    "#[inline(never)] on {0}": "在 {0} 上加 #[inline(never)]", "{0} पर #[inline(never)] लगाएँ", "#[inline(never)] en {0}";
    "in {0}: reuse buffers between calls (clear instead of a new one, with_capacity), allocate many small things at once (an arena, one vector with indices), pass slices instead of copies": "在 {0} 中：在多次调用之间复用缓冲区（用 clear 代替新建、使用 with_capacity），一次性分配许多小对象（arena、一个 vector 加索引），传递切片而不是副本", "{0} में: कॉल के बीच बफ़र दोबारा उपयोग करें (नया बनाने के बजाय clear, with_capacity), कई छोटी चीज़ें एक साथ आवंटित करें (एरीना, इंडेक्स के साथ एक वेक्टर), प्रतियों के बजाय स्लाइस पास करें", "en {0}: reutilice búferes entre llamadas (clear en lugar de uno nuevo, with_capacity), asigne muchas cosas pequeñas de una vez (una arena, un solo vector con índices), pase slices en lugar de copias";
    "{0} is inlined into many functions": "{0} 被内联到许多函数中", "{0} कई फ़ंक्शनों में इनलाइन हुआ है", "{0} se inserta inline en muchas funciones";
    "1 item is used by nothing": "1 个条目没有任何地方使用", "1 मद का कहीं उपयोग नहीं होता", "1 elemento no se usa en ninguna parte";
    "{0} items are used by nothing": "{0} 个条目没有任何地方使用", "{0} मदों का कहीं उपयोग नहीं होता", "{0} elementos no se usan en ninguna parte";
    "It is only reached through panics: formatting of messages and places, the hook, the backtrace.": "只有通过 panic 才会到达这些代码：消息和位置的格式化、钩子、回溯。", "इस तक केवल पैनिक से पहुँचा जाता है: संदेशों और स्थानों की फ़ॉर्मैटिंग, हुक, बैकट्रेस।", "Solo se llega a ese código a través de panics: el formato de mensajes y lugares, el hook, el backtrace.";
    "It is only reached through panics: formatting of messages and places, the hook, the backtrace. Functions outside the standard library that can panic: {0}, most of all {1}.": "只有通过 panic 才会到达这些代码：消息和位置的格式化、钩子、回溯。标准库之外可能 panic 的函数：{0} 个，最多的是 {1}。", "इस तक केवल पैनिक से पहुँचा जाता है: संदेशों और स्थानों की फ़ॉर्मैटिंग, हुक, बैकट्रेस। मानक लाइब्रेरी के बाहर जिन फ़ंक्शनों में पैनिक हो सकता है: {0}, सबसे ज़्यादा {1}।", "Solo se llega a ese código a través de panics: el formato de mensajes y lugares, el hook, el backtrace. Funciones ajenas a la biblioteca estándar que pueden provocar un panic: {0}; sobre todo, {1}.";
    "keep each text once and share it (Rc<str>, Arc<str>, an interner, a cache), or refer to it by number": "每个文本只保留一份并共享（Rc<str>、Arc<str>、字符串驻留器、缓存），或用编号引用它", "हर पाठ को एक ही बार रखें और साझा करें (Rc<str>, Arc<str>, इंटर्नर, कैश), या उसका संदर्भ संख्या से दें", "guarde cada texto una sola vez y compártalo (Rc<str>, Arc<str>, un interner, una caché), o haga referencia a él por un número";
    "link without --export-all and --export-dynamic, with --export=NAME for what the host calls": "链接时不使用 --export-all 和 --export-dynamic，对宿主调用的函数使用 --export=NAME", "--export-all और --export-dynamic के बिना लिंक करें, और होस्ट जिसे कॉल करता है उसके लिए --export=NAME दें", "enlace sin --export-all ni --export-dynamic, con --export=NAME para lo que llama el host";
    "live block": "活动块", "जीवित ब्लॉक", "bloque vivo";
    "look at the hottest lines of {0}: do less (an index or table instead of a search, stop early), keep what is computed again and again out of the inner loop, work on whole slices so that bounds are checked once, use SIMD (-Ctarget-feature=+simd128)": "查看 {0} 中最热的代码行：减少工作量（用索引或表代替查找、提前结束），将反复计算的内容移出内层循环，对整个切片进行操作以便只检查一次边界，使用 SIMD（-Ctarget-feature=+simd128）", "{0} की सबसे अधिक समय लेने वाली पंक्तियाँ देखें: काम घटाएँ (खोज के बजाय इंडेक्स या टेबल, जल्दी रुकें), जिसकी गणना बार-बार होती है उसे भीतरी लूप से बाहर रखें, पूरे स्लाइस पर काम करें ताकि सीमाएँ एक ही बार जाँची जाएँ, SIMD का उपयोग करें (-Ctarget-feature=+simd128)", "mire las líneas más calientes de {0}: haga menos (use un índice o una tabla en lugar de una búsqueda, termine antes), saque del bucle interno lo que se calcula una y otra vez, trabaje con slices enteros para que los límites se comprueben una sola vez, use SIMD (-Ctarget-feature=+simd128)";
    "make the peak lower: work in pieces instead of all at once, free or reuse a buffer before the next one is made, read and write streams; or do the work of the peak in an instance of its own, which is dropped after": "降低峰值：分批处理而不是一次处理全部，在创建下一个缓冲区之前释放或复用前一个，以流的方式读写；或将峰值时的工作放到单独的实例中完成，之后丢弃该实例", "शिखर घटाएँ: सब एक साथ करने के बजाय टुकड़ों में काम करें, अगला बफ़र बनाने से पहले पिछले को मुक्त करें या दोबारा उपयोग करें, स्ट्रीम पढ़ें और लिखें; या शिखर वाला काम एक अलग इंस्टैंस में करें, जिसे बाद में छोड़ दिया जाए", "reduzca el pico: trabaje por partes en lugar de todo a la vez, libere o reutilice un búfer antes de crear el siguiente, lea y escriba con streams; o haga el trabajo del pico en una instancia aparte, que se descarte después";
    "make the table one `static` and refer to it (not a `const`, not a second `include_bytes!`)": "将表定义为一个 `static` 并引用它（不要用 `const`，也不要再写一个 `include_bytes!`）", "टेबल को एक ही `static` बनाएँ और उसी का संदर्भ दें (न `const`, न दूसरा `include_bytes!`)", "haga de la tabla un único `static` y haga referencia a él (ni un `const` ni un segundo `include_bytes!`)";
    "more than one copy of {0}": "{0} 有不止一份副本", "{0} की एक से अधिक प्रतियाँ", "más de una copia de {0}";
    "move what does not depend on the type into a function that is not generic (or takes &dyn Trait), and call it from the generic one": "将不依赖类型的部分移到非泛型函数（或接受 &dyn Trait 的函数）中，并从泛型函数中调用它", "जो टाइप पर निर्भर नहीं है उसे ऐसे फ़ंक्शन में ले जाएँ जो जेनेरिक न हो (या &dyn Trait लेता हो), और उसे जेनेरिक फ़ंक्शन से कॉल करें", "lleve lo que no depende del tipo a una función que no sea genérica (o que reciba &dyn Trait), y llámela desde la genérica";
    "names of functions and locals are shipped": "发布的文件中带有函数和局部变量的名称", "वितरित फ़ाइल में फ़ंक्शन और लोकल चर के नाम हैं", "se distribuyen nombres de funciones y de variables locales";
    "never used": "从未使用", "कभी प्रयुक्त नहीं", "nunca usada";
    "never written": "从未写入", "कभी लिखा नहीं गया", "nunca escrita";
    "No pointer in static data, the stack in use, globals or blocks that are in use leads to them. {0} lie there for good, if no function that runs at this moment and no part of the host holds them: a snapshot does not have their locals. Types are told by size and contents, for no pointer tells them.": "静态数据、使用中的栈、全局变量和使用中的块里都没有通向它们的指针。如果此刻正在运行的函数和宿主的任何部分都没有持有它们，则有 {0} 会一直留在那里：快照中没有这些函数和宿主的局部变量。类型是按大小和内容判断的，因为没有指针能表明类型。", "स्टैटिक डेटा, उपयोग में मौजूद स्टैक, ग्लोबल या उपयोग में मौजूद ब्लॉकों का कोई पॉइंटर इन तक नहीं जाता। यदि इस क्षण चल रहा कोई फ़ंक्शन और होस्ट का कोई भाग इन्हें नहीं पकड़े है, तो {0} हमेशा के लिए वहीं पड़े हैं: स्नैपशॉट में उनके लोकल चर नहीं होते। टाइप आकार और सामग्री से पहचाने गए हैं, क्योंकि कोई पॉइंटर उन्हें नहीं बताता।", "Ningún puntero de los datos estáticos, la pila en uso, las variables globales o los bloques en uso lleva a ellos. {0} quedan ahí para siempre, si no los retiene ninguna función que se ejecute en este momento ni ninguna parte del host: una instantánea no contiene sus variables locales. Los tipos se deducen del tamaño y del contenido, pues ningún puntero los indica.";
    "Nothing that the host can use gets to them, so removing them changes no behaviour; `wasm-size garbage` lists them.": "宿主可用的任何内容都不会到达它们，因此移除它们不会改变行为；`wasm-size garbage` 可列出它们。", "होस्ट जो कुछ उपयोग कर सकता है, उसमें से कुछ भी इन तक नहीं पहुँचता, इसलिए इन्हें हटाने से व्यवहार नहीं बदलता; `wasm-size garbage` इनकी सूची देता है।", "Nada de lo que el host puede usar llega hasta ellos, así que quitarlos no cambia el comportamiento; `wasm-size garbage` los enumera.";
    "{0} {1} of {2} bytes": "{0} {1}，共 {2} 字节", "{0} {1}, {2} बाइट का", "{0} {1} de {2} bytes";
    "{0} of live blocks are copies of others": "{0} 的活动块是其他块的副本", "जीवित ब्लॉकों में {0} दूसरों की प्रतियाँ हैं", "{0} de bloques vivos son copias de otros";
    "{0} of the time is in calls to the host": "{0} 的时间花在对宿主的调用中", "समय का {0} होस्ट को किए गए कॉल में जाता है", "el {0} del tiempo se va en llamadas al host";
    "{0} of the time is in small functions that are called": "{0} 的时间花在被调用的小函数中", "समय का {0} कॉल किए जाने वाले छोटे फ़ंक्शनों में जाता है", "el {0} del tiempo se va en funciones pequeñas a las que se llama";
    "{0} of the time is in the allocator": "{0} 的时间花在分配器中", "समय का {0} एलोकेटर में जाता है", "el {0} del tiempo se va en el asignador";
    "{0} of the time is spent in copying by loops": "{0} 的时间花在用循环复制上", "समय का {0} लूप से कॉपी करने में जाता है", "el {0} del tiempo se va en copiar con bucles";
    "{0} of the time makes text of values": "{0} 的时间用于将值转换为文本", "समय का {0} मानों को पाठ में बदलने में जाता है", "el {0} del tiempo se va en convertir valores en texto";
    "{0}: {1} of {2} used": "{0}：已用 {1}，共 {2}", "{0}: {2} में से {1} प्रयुक्त", "{0}: se usan {1} de {2}";
    "panics carry the machinery that prints them": "panic 带入了打印它们的整套代码", "पैनिक अपने साथ उन्हें छापने वाला तंत्र भी लाते हैं", "los panics arrastran el código que los imprime";
    "past the end of the memory": "超出内存末尾", "मेमोरी के अंत से आगे", "más allá del final de la memoria";
    "put {0} into {1}: #[inline] where it is in another crate, lto = true or codegen-units = 1, opt-level = 3 instead of \"s\" or \"z\" for the package where the time goes; wasm-opt -O3 does it after the link": "将 {0} 内联到 {1} 中：如果它在另一个 crate 中，使用 #[inline]；lto = true 或 codegen-units = 1；对耗时所在的包使用 opt-level = 3 而不是 \"s\" 或 \"z\"；wasm-opt -O3 可在链接之后完成内联", "{0} को {1} में इनलाइन करें: यदि वह दूसरे क्रेट में है तो #[inline], lto = true या codegen-units = 1, जिस पैकेज में समय जाता है उसके लिए \"s\" या \"z\" के बजाय opt-level = 3; wasm-opt -O3 इसे लिंक के बाद करता है", "inserte {0} en {1}: #[inline] si está en otro crate, lto = true o codegen-units = 1, opt-level = 3 en lugar de \"s\" o \"z\" para el paquete en el que se va el tiempo; wasm-opt -O3 lo hace después del enlace";
    "1 run of data is in the file twice": "1 段连续数据在文件中出现了两次", "डेटा का 1 खंड फ़ाइल में दो बार है", "1 secuencia de datos está dos veces en el archivo";
    "1 run of zeros is in data segments": "数据段中有 1 处连续的零", "लगातार शून्यों का 1 खंड डेटा सेगमेंट में है", "1 secuencia de ceros está en segmentos de datos";
    "{0} runs of data are in the file twice": "{0} 段连续数据在文件中出现了两次", "डेटा के {0} खंड फ़ाइल में दो बार हैं", "{0} secuencias de datos están dos veces en el archivo";
    "{0} runs of zeros are in data segments": "数据段中有 {0} 处连续的零", "लगातार शून्यों के {0} खंड डेटा सेगमेंट में हैं", "{0} secuencias de ceros están en segmentos de datos";
    "sections for build tools are shipped": "发布的文件中带有构建工具使用的段", "वितरित फ़ाइल में बिल्ड टूल के सेक्शन हैं", "se distribuyen secciones para herramientas de compilación";
    "state at the symbol {0}, blocks checked": "状态位于符号 {0} 处，块已校验", "प्रतीक {0} पर अवस्था, ब्लॉक जाँचे गए", "estado en el símbolo {0}, bloques comprobados";
    "state found by its shape, blocks checked": "按结构特征找到状态，块已校验", "अवस्था अपनी बनावट से मिली, ब्लॉक जाँचे गए", "estado hallado por su forma, bloques comprobados";
    "{0} static tables are wider than their values": "{0} 个静态表的元素宽于其值所需", "{0} स्टैटिक टेबल अपने मानों से चौड़ी हैं", "{0} tablas estáticas son más anchas que sus valores";
    "{0} takes {1} of the time itself": "{0} 自身占用 {1} 的时间", "{0} स्वयं समय का {1} लेता है", "{0} consume por sí misma el {1} del tiempo";
    "text is formatted with format!, write! or to_string": "使用了 format!、write! 或 to_string 来格式化文本", "पाठ format!, write! या to_string से फ़ॉर्मैट होता है", "se da formato a texto con format!, write! o to_string";
    "text is stored uncompressed": "文本以未压缩的形式存储", "पाठ बिना संपीड़न के रखा है", "se guarda texto sin comprimir";
    "the build is not optimised": "构建未经优化", "बिल्ड ऑप्टिमाइज़ नहीं किया गया है", "la compilación no está optimizada";
    "The .debug_* sections are for debuggers; no engine needs them to run the module. Keep a copy of the file with them to debug with.": ".debug_* 段供调试器使用；没有引擎需要它们来运行模块。请保留一份带有这些段的文件副本以供调试。", ".debug_* सेक्शन डीबगर के लिए हैं; मॉड्यूल चलाने के लिए किसी इंजन को इनकी ज़रूरत नहीं होती। डीबग करने के लिए इन सेक्शन वाली फ़ाइल की एक प्रति रखें।", "Las secciones .debug_* son para los depuradores; ningún motor las necesita para ejecutar el módulo. Conserve una copia del archivo con ellas para depurar.";
    "The file is as the linker wrote it. Counted is what is sure to go; Binaryen's optimiser often takes another tenth off code from LLVM.": "文件仍是链接器写出的原样。计入的是肯定可以去除的部分；对于 LLVM 生成的代码，Binaryen 的优化器往往还能再减少十分之一。", "फ़ाइल वैसी ही है जैसी लिंकर ने लिखी। जो निश्चित रूप से हटेगा, वह गिना गया है; Binaryen का ऑप्टिमाइज़र LLVM के कोड को अक्सर दसवाँ हिस्सा और घटा देता है।", "El archivo está tal como lo escribió el enlazador. Se cuenta lo que desaparece con seguridad; el optimizador de Binaryen suele quitar otra décima parte del código de LLVM.";
    "the heap is mostly free: {0} of it are in use": "堆大部分空闲：其中 {0} 正在使用", "हीप अधिकतर मुक्त है: उसमें से {0} उपयोग में हैं", "la mayor parte del heap está libre: {0} están en uso";
    "The instances have the same instructions but for constants and callees. `wasm-size generics` lists all.": "这些实例除常量和被调用的函数外，指令都相同。`wasm-size generics` 可列出全部。", "स्थिरांकों और कॉल किए जाने वाले फ़ंक्शनों को छोड़कर इन इंस्टैंस के निर्देश एक जैसे हैं। `wasm-size generics` सबकी सूची देता है।", "Las instancias tienen las mismas instrucciones, salvo las constantes y las funciones llamadas. `wasm-size generics` las enumera todas.";
    "Their code is a few instructions, so entering and leaving them costs about as much as what they do, and the caller can't be optimised across the call. The gain is half of their own time.": "它们的代码只有几条指令，因此进入和离开它们的开销与它们所做的工作大致相当，而且调用者无法跨越该调用进行优化。收益为它们自身时间的一半。", "इनका कोड कुछ ही निर्देशों का है, इसलिए इनमें जाने और इनसे लौटने की लागत लगभग इनके काम जितनी है, और कॉल के आर-पार कॉलर को ऑप्टिमाइज़ नहीं किया जा सकता। लाभ इनके स्वयं के समय का आधा है।", "Su código son unas pocas instrucciones, así que entrar en ellas y salir cuesta más o menos lo mismo que lo que hacen, y la función que las llama no puede optimizarse a través de la llamada. La ganancia es la mitad de su tiempo propio.";
    "Their contents are the same, byte for byte. The gain is all but the first of each, if they stay as they are and can be shared; where they are changed one by one they can't.": "它们的内容逐字节相同。如果它们保持不变并且可以共享，收益为每组中除第一个外的全部；如果会被逐个修改，则无法共享。", "इनकी सामग्री बाइट-दर-बाइट एक जैसी है। हर एक की पहली प्रति को छोड़कर बाकी सब लाभ है, यदि ये जैसे हैं वैसे ही रहें और साझा किए जा सकें; जहाँ इन्हें अलग-अलग बदला जाता है, वहाँ ये साझा नहीं किए जा सकते।", "Su contenido es el mismo, byte por byte. La ganancia son todos menos el primero de cada grupo, si quedan como están y pueden compartirse; donde se modifican uno por uno, no pueden.";
    "The linker left five bytes for each function index, global and address that it filled in; one to three would do.": "链接器为它填入的每个函数索引、全局变量索引和地址都留了五个字节；一到三个字节就够了。", "लिंकर ने जो भी फ़ंक्शन इंडेक्स, ग्लोबल और पता भरा, हर एक के लिए पाँच बाइट छोड़े; एक से तीन काफ़ी होते।", "El enlazador dejó cinco bytes para cada índice de función, variable global y dirección que completó; bastarían de uno a tres.";
    "{0} The memory can't grow, so twice what was used is kept. Emscripten sets it with -sINITIAL_MEMORY, and lets a memory grow with -sALLOW_MEMORY_GROWTH.": "{0}内存无法增长，因此保留已用量的两倍。Emscripten 用 -sINITIAL_MEMORY 设置初始大小，用 -sALLOW_MEMORY_GROWTH 允许内存增长。", "{0} मेमोरी बढ़ नहीं सकती, इसलिए प्रयुक्त का दोगुना रखा गया है। Emscripten में यह -sINITIAL_MEMORY से तय होता है, और -sALLOW_MEMORY_GROWTH से मेमोरी बढ़ सकती है।", "{0} La memoria no puede crecer, así que se conserva el doble de lo que se usó. Emscripten lo establece con -sINITIAL_MEMORY, y permite que una memoria crezca con -sALLOW_MEMORY_GROWTH.";
    "{0} The memory grows when more is needed: a run that needs more than this one pays for growing. Emscripten sets it with -sINITIAL_MEMORY.": "{0}需要更多时，内存会增长：如果某次运行需要的比此次更多，则要付出增长的代价。Emscripten 用 -sINITIAL_MEMORY 设置初始大小。", "{0} ज़रूरत पड़ने पर मेमोरी बढ़ती है: जिस रन को इससे अधिक चाहिए, वह बढ़ाने की लागत उठाता है। Emscripten में यह -sINITIAL_MEMORY से तय होता है।", "{0} La memoria crece cuando se necesita más: una ejecución que necesite más que esta paga por el crecimiento. Emscripten lo establece con -sINITIAL_MEMORY.";
    "the memory starts with {0}, of which {1} were ever written": "内存的初始大小为 {0}，其中 {1} 曾被写入", "मेमोरी {0} से शुरू होती है, जिसमें से अब तक {1} लिखे गए", "la memoria empieza con {0}, de los que alguna vez se escribieron {1}";
    "The name section is for tools and stack traces; no engine needs it to run the module. Keep a copy of the file with it: wasm-size diff, profilers and debuggers find names there by the build identity.": "name 段供工具和堆栈跟踪使用；没有引擎需要它来运行模块。请保留一份带有该段的文件副本：wasm-size diff、性能剖析器和调试器会按构建标识在其中查找名称。", "name सेक्शन टूल और स्टैक ट्रेस के लिए है; मॉड्यूल चलाने के लिए किसी इंजन को इसकी ज़रूरत नहीं होती। इस सेक्शन वाली फ़ाइल की एक प्रति रखें: wasm-size diff, प्रोफ़ाइलर और डीबगर बिल्ड की पहचान से वहाँ नाम ढूँढ लेते हैं।", "La sección name es para herramientas y trazas de pila; ningún motor la necesita para ejecutar el módulo. Conserve una copia del archivo con ella: wasm-size diff, los perfiladores y los depuradores encuentran allí los nombres por el identificador de compilación.";
    "{0}, then raise the dependency that asks for the older one": "{0}，然后升级要求旧版本的那个依赖", "{0}, फिर जो डिपेंडेंसी पुराना संस्करण माँगती है उसका संस्करण बढ़ाएँ", "{0}; después, actualice la dependencia que pide la versión más antigua";
    "These functions copy or fill memory without memory.copy and memory.fill, which engines carry out with the machine's own routines and which all of them have had since 2021. The gain is what goes if those instructions take half the time of the loop; for long runs of bytes it is more.": "这些函数复制或填充内存时没有使用 memory.copy 和 memory.fill；引擎会用机器自身的例程来执行这两条指令，并且自 2021 年起所有引擎都已支持。收益为这两条指令只用循环一半的时间时省下的时间；对于较长的连续字节，收益更大。", "ये फ़ंक्शन memory.copy और memory.fill के बिना मेमोरी कॉपी करते या भरते हैं; इंजन इन निर्देशों को मशीन के अपने रूटीन से पूरा करते हैं, और 2021 से ये सभी इंजनों में हैं। लाभ वह है जो हटेगा, यदि ये निर्देश लूप का आधा समय लें; बाइट के लंबे खंडों में लाभ अधिक है।", "Estas funciones copian o rellenan memoria sin memory.copy ni memory.fill, que los motores ejecutan con las rutinas propias de la máquina y que todos ellos ofrecen desde 2021. La ganancia es lo que desaparece si estas instrucciones tardan la mitad que el bucle; con secuencias largas de bytes es mayor.";
    "the stack has {0}, of which {1} were ever used": "栈有 {0}，其中 {1} 曾被使用", "स्टैक {0} का है, जिसमें से अब तक {1} प्रयुक्त हुए", "la pila tiene {0}, de los que alguna vez se usaron {1}";
    "They are the linker's, the C library's or the compiler's own. If nobody calls them, they and what only they keep can go. Look for export-all or export-dynamic among the linker's arguments.": "它们属于链接器、C 库或编译器自身。如果没有人调用它们，它们以及仅由它们保留的内容都可以去除。请在链接器的参数中查找 export-all 或 export-dynamic。", "ये लिंकर, C लाइब्रेरी या कंपाइलर के अपने हैं। यदि इन्हें कोई कॉल नहीं करता, तो ये, और जो केवल इनकी वजह से रखा गया है, हट सकते हैं। लिंकर के तर्कों में export-all या export-dynamic खोजें।", "Son propias del enlazador, de la biblioteca de C o del compilador. Si nadie las llama, pueden quitarse, junto con lo que solo ellas retienen. Busque export-all o export-dynamic entre los argumentos del enlazador.";
    "They have one name and like bodies, from several codegen units or crates. Link-time optimisation merges them (and often saves more, which is not counted).": "它们名称相同、函数体相似，来自多个代码生成单元或 crate。链接时优化会合并它们（往往还能节省更多，这部分未计入）。", "इनका नाम एक है, बॉडी मिलती-जुलती है, और ये कई कोडजेन यूनिट या क्रेट से आए हैं। लिंक-टाइम ऑप्टिमाइज़ेशन इन्हें एक कर देता है (और अक्सर इससे अधिक बचाता है, जो गिना नहीं गया है)।", "Tienen un mismo nombre y cuerpos similares, y proceden de varias unidades de generación de código o de varios crates. La optimización en tiempo de enlace las fusiona (y a menudo ahorra más, lo que no se cuenta).";
    "They have the same type and the same bytes, so one can stand for all.": "它们的类型和字节都相同，因此用一个即可代替全部。", "इनका टाइप और बाइट एक ही हैं, इसलिए एक सबकी जगह ले सकता है।", "Tienen el mismo tipo y los mismos bytes, así que una puede sustituir a todas las demás.";
    "top of the heap": "堆顶", "हीप-शीर्ष", "cima del heap";
    "used": "已用", "प्रयुक्त", "usada";
    "{0}, used by {1}": "{0}，由 {1} 使用", "{0}, जिनका उपयोग {1} में है", "{0}, usados por {1}";
    "{0} values are written to a local that the next instruction reads back, which no optimised code does.": "有 {0} 个值写入局部变量后，下一条指令又将其读回；优化过的代码不会这样做。", "{0} मान ऐसे लोकल चर में लिखे जाते हैं जिसे अगला ही निर्देश वापस पढ़ता है; कोई ऑप्टिमाइज़ किया हुआ कोड ऐसा नहीं करता।", "Se escriben {0} valores en una variable local que la instrucción siguiente vuelve a leer, algo que ningún código optimizado hace.";
    "{0} values of {1} bits that fit {2}, at {3}": "{3} 处的 {0} 个 {1} 位值，{2} 位即可容纳", "{3} पर {1} बिट के {0} मान, जो {2} बिट में समाते हैं", "{0} valores de {1} bits que caben en {2}, en {3}";
    "vectors and strings that use less than half of their room: {0}": "使用空间不到容量一半的 vector 和字符串：{0} 个", "आधी से कम जगह का उपयोग करने वाले वेक्टर और स्ट्रिंग: {0}", "vectores y cadenas que usan menos de la mitad de su capacidad: {0}";
    "wasm-opt has not been run": "尚未运行 wasm-opt", "wasm-opt नहीं चलाया गया है", "no se ha ejecutado wasm-opt";
    "{0} were in use at the peak and are free now: at the heap's end, or in free blocks ({1}, the largest of {2}; {3} % of their bytes lie outside of it). A memory never shrinks: the program keeps what it once needed. The gain is what is saved if the peak does not go beyond what is live now.": "{0} 在峰值时使用过，现已空闲：位于堆的末端，或在空闲块中（{1} 个，最大的为 {2}；其中 {3} % 的字节在该块之外）。内存从不缩小：程序会一直占用曾经需要的部分。收益为峰值不超过当前活动量时可省下的部分。", "शिखर पर {0} उपयोग में थे और अब मुक्त हैं: हीप के अंत में, या मुक्त ब्लॉक में ({1}, जिनमें सबसे बड़ा {2} का है; उनके बाइट का {3} % उसके बाहर है)। मेमोरी कभी नहीं सिकुड़ती: प्रोग्राम को एक बार जितनी ज़रूरत पड़ी, उतनी वह रखे रहता है। लाभ उतना है जितना बचेगा, यदि शिखर अभी की जीवित मात्रा से आगे न जाए।", "{0} estaban en uso en el pico y ahora están libres: al final del heap o en bloques libres ({1}; el mayor, de {2}; el {3} % de sus bytes queda fuera de ese bloque). Una memoria nunca se encoge: el programa conserva lo que alguna vez necesitó. La ganancia es lo que se ahorra si el pico no supera lo que está vivo ahora.";
    "where {0} is made, ask for the room that is needed (with_capacity of the real count), and give back the rest once it is complete (shrink_to_fit, into_boxed_slice)": "在创建 {0} 处，申请所需的容量（按实际数量使用 with_capacity），并在内容完整后归还其余部分（shrink_to_fit、into_boxed_slice）", "जहाँ {0} बनता है, वहाँ ज़रूरत जितनी जगह माँगें (असली संख्या के साथ with_capacity), और पूरा होने पर बाकी लौटा दें (shrink_to_fit, into_boxed_slice)", "donde se crea {0}, pida la capacidad necesaria (with_capacity con el número real), y devuelva el resto cuando se complete (shrink_to_fit, into_boxed_slice)";
    "{0} (with the flags that you build with)": "{0}（加上构建时所用的选项）", "{0} (अपने बिल्ड वाले फ़्लैग के साथ)", "{0} (con las opciones con las que compila)";
    "{0} (with the flags that you build with, without {1})": "{0}（加上构建时所用的选项，但不含 {1}）", "{0} (अपने बिल्ड वाले फ़्लैग के साथ, {1} के बिना)", "{0} (con las opciones con las que compila, sin {1})";
    "write numbers with a writer of their own (itoa, ryu, write_str for parts that are text), make no text that is not shown (log levels, Debug), and keep unwrap and format! out of loops": "用专门的写入函数写数字（itoa、ryu，文本部分用 write_str），不生成不会显示的文本（日志级别、Debug），并且不在循环中使用 unwrap 和 format!", "संख्याएँ उनके अपने राइटर से लिखें (itoa, ryu, पाठ वाले भागों के लिए write_str), जो पाठ दिखाया नहीं जाता उसे न बनाएँ (लॉग स्तर, Debug), और unwrap और format! को लूप से बाहर रखें", "escriba los números con una función de escritura específica (itoa, ryu, write_str para las partes que son texto), no genere texto que no se muestra (niveles de registro, Debug), y deje unwrap y format! fuera de los bucles";
    "{0} zeros at {1}": "{1} 处有 {0} 个零", "{1} पर {0} शून्य", "{0} ceros en {1}";
    "below all data": "所有数据之下", "सारे डेटा के नीचे", "por debajo de todos los datos";
    "between data": "数据之间", "डेटा के बीच", "entre los datos";
    "in no known heap": "不在任何已知的堆中", "किसी ज्ञात हीप में नहीं", "en ningún heap conocido";
    "no allocator found": "未找到分配器", "कोई एलोकेटर नहीं मिला", "ningún asignador encontrado";
    "data": "数据", "डेटा", "datos";
    "heap": "堆", "हीप", "heap";
    "heap free": "堆（空闲）", "मुक्त हीप", "heap libre";
    "heap live": "堆（活动）", "जीवित हीप", "heap vivo";
    "heap other": "堆（其他）", "हीप का अन्य भाग", "resto del heap";
    "heap top": "堆（顶部）", "हीप-शीर्ष", "cima del heap";
    "inferred": "推断", "अनुमानित", "inferido";
    "read": "读取", "पढ़ा गया", "leído";
    "region": "区域", "क्षेत्र", "región";
    "reserved": "保留", "आरक्षित", "reservado";
    "stack": "栈", "स्टैक", "pila";
    "stack free": "栈（空闲）", "मुक्त स्टैक", "pila libre";
    "stack in use": "栈（使用中）", "उपयोग में स्टैक", "pila en uso";
    "samples": "个样本", "नमूने", "muestras";
    "stated": "声明", "घोषित", "declarado";
    "time": "时间", "समय", "tiempo";
    "tls": "线程局部存储", "TLS", "tls";
    "unclaimed": "未归属", "अनिर्दिष्ट", "sin atribuir";
    "zeroed data": "零初始化数据", "शून्य-भरा डेटा", "datos a cero";
}

sentences! {
    /// A kind of item, or another heading of sizes that is the tools' own word; `None` as of [`translation`]. They are
    /// apart, for crates stand beside them: `time` is one.
    kind KINDS

    "aliases": "别名", "उपनाम", "alias";
    "canonical definitions": "规范定义", "कैनोनिकल परिभाषाएँ", "definiciones canónicas";
    "component": "组件", "कंपोनेंट", "componente";
    "component exports": "组件导出", "कंपोनेंट निर्यात", "exportaciones del componente";
    "component imports": "组件导入", "कंपोनेंट आयात", "importaciones del componente";
    "component instances": "组件实例", "कंपोनेंट इंस्टैंस", "instancias de componente";
    "component starts": "组件启动", "कंपोनेंट प्रारंभ", "inicios de componente";
    "component types": "组件类型", "कंपोनेंट टाइप", "tipos de componente";
    "component values": "组件值", "कंपोनेंट मान", "valores de componente";
    "core instances": "核心实例", "कोर इंस्टैंस", "instancias core";
    "core types": "核心类型", "कोर टाइप", "tipos core";
    "custom sections": "自定义段", "कस्टम सेक्शन", "secciones personalizadas";
    "data counts": "数据计数", "डेटा गिनती", "recuentos de datos";
    "data segments": "数据段", "डेटा सेगमेंट", "segmentos de datos";
    "element segments": "元素段", "एलिमेंट सेगमेंट", "segmentos de elementos";
    "exports": "导出", "निर्यात", "exportaciones";
    "functions": "函数", "फ़ंक्शन", "funciones";
    "globals": "全局变量", "ग्लोबल", "variables globales";
    "headers": "头部", "हेडर", "cabeceras";
    "imports": "导入", "आयात", "importaciones";
    "memories": "内存", "मेमोरी", "memorias";
    "module": "模块", "मॉड्यूल", "módulo";
    "not generic": "非泛型", "जेनेरिक नहीं", "no genérico";
    "standard library": "标准库", "मानक लाइब्रेरी", "biblioteca estándar";
    "starts": "启动", "प्रारंभ", "inicios";
    "tables": "表", "टेबल", "tablas";
    "tags": "标签", "टैग", "tags";
    "types": "类型", "टाइप", "tipos";
    "used by nothing": "未被任何内容使用", "किसी के काम का नहीं", "no lo usa nada";
    "unknown sections": "未知段", "अज्ञात सेक्शन", "secciones desconocidas";
    "alias": "别名", "उपनाम", "alias";
    "canonical definition": "规范定义", "कैनोनिकल परिभाषा", "definición canónica";
    "component export": "组件导出", "कॉम्पोनेंट निर्यात", "exportación de componente";
    "component import": "组件导入", "कॉम्पोनेंट आयात", "importación de componente";
    "component instance": "组件实例", "कॉम्पोनेंट इंस्टैंस", "instancia de componente";
    "component start": "组件启动函数", "कॉम्पोनेंट स्टार्ट", "inicio de componente";
    "component type": "组件类型", "कॉम्पोनेंट टाइप", "tipo de componente";
    "component value": "组件值", "कॉम्पोनेंट मान", "valor de componente";
    "core instance": "核心实例", "कोर इंस्टैंस", "instancia core";
    "core type": "核心类型", "कोर टाइप", "tipo core";
    "custom section": "自定义段", "कस्टम सेक्शन", "sección personalizada";
    "data count": "数据计数", "डेटा काउंट", "recuento de datos";
    "data segment": "数据段", "डेटा सेगमेंट", "segmento de datos";
    "element segment": "元素段", "एलिमेंट सेगमेंट", "segmento de elementos";
    "export": "导出", "निर्यात", "exportación";
    "function": "函数", "फ़ंक्शन", "función";
    "global": "全局变量", "ग्लोबल", "variable global";
    "header": "头部", "हेडर", "cabecera";
    "import": "导入", "आयात", "importación";
    "memory": "内存", "मेमोरी", "memoria";
    "section overhead": "段开销", "सेक्शन ओवरहेड", "sobrecarga de sección";
    "start": "启动函数", "स्टार्ट", "inicio";
    "table": "表", "टेबल", "tabla";
    "tag": "标签", "टैग", "tag";
    "type": "类型", "टाइप", "tipo";
    "unknown section": "未知段", "अज्ञात सेक्शन", "sección desconocida";
    "unreadable": "无法读取", "अपठनीय", "ilegible";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use memviz::{BandKind, Certainty, Use};
    use proc_macro2::{TokenStream, TokenTree};
    use wasm_analyzer::tree::{self, GroupBy};
    use wasm_analyzer::{Analysis, Trust};

    use super::*;

    /// Where what the app shows is said, from the root of the repository.
    const SPEAKERS: [&str; 3] = ["analyzer/src", "memviz/src", "toolchain/profile/src"];

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    fn gaps(sentence: &str) -> Vec<&str> {
        let numbers = sentence.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let mut gaps: Vec<&str> = numbers.map(|(number, _)| number).filter(|n| n.parse::<u8>().is_ok()).collect();
        gaps.sort_unstable();
        gaps
    }

    /// The English of each `phrase!(…)`.
    fn sentences(tokens: TokenStream, found: &mut BTreeSet<String>) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            if at >= 2 && tokens[at - 1].to_string() == "!" && tokens[at - 2].to_string() == "phrase" {
                let english = group.stream().into_iter().next().unwrap();
                found.insert(syn::parse2::<syn::LitStr>(english.into()).unwrap().value());
            }
            sentences(group.stream(), found);
        }
    }

    fn read(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sentences(fs::read_to_string(&path).unwrap().parse().unwrap(), found);
            }
        }
    }

    #[test]
    fn every_sentence_of_the_tools_is_here() {
        let mut said = BTreeSet::new();
        SPEAKERS.iter().for_each(|folder| read(&root().join(folder), &mut said));
        assert!(said.len() > 100, "{}", said.len());
        let missing: Vec<&String> = said.iter().filter(|english| !ALL.contains(&english.as_str())).collect();
        assert!(missing.is_empty(), "not translated: {missing:#?}");
        let words: Vec<&&str> = ALL.iter().filter(|english| english.contains(' ') && english.len() > 24).collect();
        let unsaid: Vec<_> = words.into_iter().filter(|english| !said.contains(**english)).collect();
        assert!(unsaid.is_empty(), "nobody says: {unsaid:#?}");
    }

    #[test]
    fn a_crate_that_is_called_as_a_word_of_the_tools_keeps_its_name() {
        for name in ["time", "data", "heap", "read", "region", "samples", "stack"] {
            assert!(translation(name, Language::Spanish).is_some(), "{name}");
            assert_eq!(Language::Spanish.kind(name), name);
        }
        assert_eq!(Language::Spanish.kind("functions"), "funciones");
    }

    #[test]
    fn translations_have_the_gaps_and_the_code_of_the_english() {
        let code = |sentence: &str| sentence.split('`').skip(1).step_by(2).map(str::to_string).collect::<BTreeSet<_>>();
        for english in ALL.iter().chain(KINDS) {
            for language in Language::ALL.into_iter().skip(1) {
                let text = translation(english, language).or(kind(english, language)).unwrap();
                assert_eq!(gaps(text), gaps(english), "{english}: {text}");
                assert_eq!(code(text), code(english), "{english}: {text}");
                assert_eq!(text.ends_with(['.', '。', '।']), english.ends_with('.'), "{english}: {text}");
            }
        }
    }

    #[test]
    fn the_words_of_a_memory_and_the_kinds_of_items_are_here() {
        let mut words: BTreeSet<&str> = Use::ALL.iter().map(|of| of.name()).collect();
        words.extend([Certainty::Stated, Certainty::Read, Certainty::Inferred].map(Certainty::name));
        let kinds = [BandKind::Stack, BandKind::Data, BandKind::Heap, BandKind::Unclaimed];
        words.extend(kinds.map(BandKind::name));
        let mut words: BTreeSet<String> = words.into_iter().map(str::to_string).collect();
        for sample in ["component-words/component-words.wasm", "rust-markdown/rust-markdown.wasm"] {
            let bytes = fs::read(root().join("samples").join(sample)).unwrap();
            let analysis = Analysis::new(&bytes, Trust::Sound).unwrap();
            words.extend(analysis.map.items().iter().map(|item| item.kind.noun().to_string()));
            let kinds = tree::build(&analysis, GroupBy::Kind, |_| true);
            words.insert(kinds.name);
            words.extend(kinds.children.into_iter().map(|heading| heading.name));
        }
        assert!(words.len() > 40, "{words:?}");
        for word in words {
            assert!(translation(&word, Language::Hindi).or(kind(&word, Language::Hindi)).is_some(), "{word}");
        }
    }
}

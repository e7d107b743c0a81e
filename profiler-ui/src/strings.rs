//! All that the app says, in its four languages: one line a text.

mod phrases;

use serde::{Deserialize, Serialize};
use wasm_advice::Phrase;

/// A language of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Mandarin, in simplified characters.
    Mandarin,
    /// Hindi.
    Hindi,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All, in the order of menus.
    pub const ALL: [Language; 4] = [Language::English, Language::Mandarin, Language::Hindi, Language::Spanish];

    /// The one that a tag such as `es-MX` (BCP 47) names, or English.
    pub fn of_tag(tag: &str) -> Language {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Language::Mandarin,
            "hi" => Language::Hindi,
            "es" => Language::Spanish,
            _ => Language::English,
        }
    }

    /// Its tag, in BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Mandarin => "zh",
            Language::Hindi => "hi",
            Language::Spanish => "es",
        }
    }

    /// What the tools say.
    pub fn say(self, phrase: &Phrase) -> String {
        phrase.translated(&|english| phrases::translation(english, self))
    }

    /// A word of the tools, which stays as it is where it is not known.
    pub fn word(self, english: &str) -> &str {
        phrases::translation(english, self).unwrap_or(english)
    }

    /// A kind of item or another own heading of the sizes; what is none, such as a crate, stays as it is.
    pub fn kind(self, english: &str) -> &str {
        phrases::kind(english, self).unwrap_or(english)
    }

    /// Its own name for itself.
    pub fn name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Mandarin => "中文",
            Language::Hindi => "हिन्दी",
            Language::Spanish => "Español",
        }
    }
}

macro_rules! texts {
    ($($name:ident: $english:literal, $mandarin:literal, $hindi:literal, $spanish:literal;)*) => {
        /// A text of the app.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Text {
            $($name,)*
        }

        impl Text {
            /// All.
            pub const ALL: &'static [Text] = &[$(Text::$name,)*];

            /// In a language.
            pub fn in_language(self, language: Language) -> &'static str {
                let texts: [&'static str; 4] = match self {
                    $(Text::$name => [$english, $mandarin, $hindi, $spanish],)*
                };
                texts[language as usize]
            }
        }
    };
}

texts! {
    AddBreakpoint: "Function or file:line to stop at", "断点：函数或 文件:行", "रुकने का फ़ंक्शन या फ़ाइल:पंक्ति", "Función o archivo:línea donde parar";
    AddWatch: "Expression to watch", "要监视的表达式", "देखने के लिए अभिव्यक्ति", "Expresión que observar";
    Address: "Address", "地址", "पता", "Dirección";
    AddressHint: "Type where wasm-gdb listens, such as 127.0.0.1:9229.", "请输入 wasm-gdb 监听的地址，例如 127.0.0.1:9229。", "wasm-gdb जहाँ सुनता है वह पता लिखें, जैसे 127.0.0.1:9229।", "Escriba dónde escucha wasm-gdb, por ejemplo 127.0.0.1:9229.";
    Advice: "Advice", "建议", "सुझाव", "Consejos";
    After: "After", "之后", "बाद में", "Después";
    AppFailed: "The app has failed, and can't go on. {reason}", "应用出错，无法继续。{reason}", "ऐप विफल हो गया और आगे नहीं चल सकता। {reason}", "La aplicación ha fallado y no puede seguir. {reason}";
    AllThreads: "All threads", "所有线程", "सभी थ्रेड", "Todos los hilos";
    AllGains: "All gains", "全部收益", "सभी लाभ", "Todas las ganancias";
    Applicable: "Can be applied here", "可在此应用", "यहाँ लागू हो सकता है", "Se puede aplicar aquí";
    Applied: "Applied", "已应用", "लागू किया गया", "Aplicado";
    Apply: "Apply", "应用", "लागू करें", "Aplicar";
    ApplyFirst: "Apply this first", "请先应用", "पहले यह लागू करें", "Aplique antes";
    ApplyHint: "Do it on a copy and compare; the file stays as it is", "在副本上执行并比较；原文件不变", "प्रति पर करें और तुलना करें; फ़ाइल वैसी ही रहती है", "Hacerlo en una copia y comparar; el archivo no cambia";
    Arguments: "Arguments", "参数", "तर्क", "Argumentos";
    AttachDebugger: "Attach to wasm-gdb", "附加到 wasm-gdb", "wasm-gdb से जुड़ें", "Conectar con wasm-gdb";
    Back: "Back", "后退", "पीछे", "Atrás";
    Before: "Before", "之前", "पहले", "Antes";
    Breakpoints: "Breakpoints", "断点", "ब्रेकपॉइंट", "Puntos de parada";
    Bytes: "Bytes", "字节", "बाइट", "Bytes";
    Calls: "Calls", "调用", "कॉल", "Llamadas";
    Cancel: "Cancel", "取消", "रद्द करें", "Cancelar";
    CentreKey: "Centre, then fit what is chosen", "居中，再适合所选", "चयन को बीच में, फिर फ़िट करें", "Centrar y luego ajustar la selección";
    Close: "Close all", "全部关闭", "सब बंद करें", "Cerrar todo";
    Code: "Code", "代码", "कोड", "Código";
    ColorBy: "Colour by", "着色方式", "रंग का आधार", "Color según";
    CantStart: "The app can't start: {reason}", "应用无法启动：{reason}", "ऐप शुरू नहीं हो सकता: {reason}", "La aplicación no puede iniciarse: {reason}";
    CallTree: "Call tree", "调用树", "कॉल ट्री", "Árbol de llamadas";
    ColorKeys: "Colours", "颜色", "रंग", "Colores";
    Compare: "Compare with another build…", "与另一构建比较…", "दूसरे बिल्ड से तुलना…", "Comparar con otra versión…";
    Condition: "Condition", "条件", "शर्त", "Condición";
    Continue: "Continue", "继续", "जारी रखें", "Continuar";
    Copy: "Copy", "复制", "कॉपी करें", "Copiar";
    CopyLink: "Copy link", "复制链接", "लिंक कॉपी करें", "Copiar enlace";
    CountSeen: "Count only the time that is seen", "仅计入可见时间", "केवल दिख रहा समय गिनें", "Contar solo el tiempo visible";
    CopyPlace: "Copy place", "复制位置", "स्थान कॉपी करें", "Copiar lugar";
    CopyText: "Copy text", "复制文本", "पाठ कॉपी करें", "Copiar texto";
    Crate: "Crate", "Crate", "क्रेट", "Crate";
    Dark: "Dark", "深色", "गहरा", "Oscuro";
    Debug: "Debug", "调试", "डीबग करें", "Depurar";
    DebuggerLost: "The debugger is gone: {reason}", "调试器已断开：{reason}", "डीबगर से संपर्क टूट गया: {reason}", "El depurador ya no está: {reason}";
    Debugger: "Debugger", "调试器", "डीबगर", "Depurador";
    DebugFileAlone: "{file} only describes a program: open that first", "{file} 只描述某个程序：请先打开那个程序", "{file} केवल किसी प्रोग्राम का वर्णन करती है: पहले वह प्रोग्राम खोलें", "{file} solo describe un programa: abra antes ese programa";
    DebugFileMissing: "{program} has its debug information in {file}: drop that file here, too", "{program} 的调试信息在 {file} 中：请把该文件也拖到这里", "{program} की डिबग जानकारी {file} में है: वह फ़ाइल भी यहाँ छोड़ें", "{program} tiene su información de depuración en {file}: suelte aquí también ese archivo";
    DebugFileUsed: "{file}: used as debug information of {program}", "{file}：已用作 {program} 的调试信息", "{file}: {program} की डिबग जानकारी के रूप में प्रयुक्त", "{file}: se usa como información de depuración de {program}";
    DebuggerUnreached: "The debugger can't be reached: {reason}", "无法连接调试器：{reason}", "डीबगर तक पहुँचा नहीं जा सकता: {reason}", "No se puede alcanzar el depurador: {reason}";
    DebuggerHint: "Start the module that is open, stopped at its main function, or attach to a wasm-gdb APP --port 9229 on this machine.", "启动已打开的模块并停在 main 函数，或附加到本机的 wasm-gdb APP --port 9229。", "खुला मॉड्यूल शुरू करें, वह main फ़ंक्शन पर रुकेगा, या इस मशीन के wasm-gdb APP --port 9229 से जुड़ें।", "Inicie el módulo abierto, parado en su función main, o conecte con un wasm-gdb APP --port 9229 de esta máquina.";
    DesktopOnly: "The desktop app can apply this", "桌面应用可应用此项", "डेस्कटॉप ऐप इसे लागू कर सकता है", "La aplicación de escritorio puede aplicarlo";
    Diff: "Diff", "差异", "अंतर", "Diferencia";
    DifferentPrograms: "{new} and {old} look like two different programs: only {share} of the code is in both. Compare two builds of one program.", "{new} 与 {old} 看起来是两个不同的程序：仅 {share} 的代码两者都有。请比较同一程序的两个构建。", "{new} और {old} दो अलग प्रोग्राम लगते हैं: केवल {share} कोड दोनों में है। एक ही प्रोग्राम के दो बिल्ड की तुलना करें।", "{new} y {old} parecen dos programas distintos: solo el {share} del código está en ambos. Compare dos versiones de un mismo programa.";
    DropHere: "Drop a .wasm, a profile, a snapshot or a core dump here", "将 .wasm、性能剖析、快照或核心转储拖到此处", ".wasm, प्रोफ़ाइल, स्नैपशॉट या कोर डंप यहाँ छोड़ें", "Suelte aquí un .wasm, un perfil, una instantánea o un volcado";
    Estimate: "estimate", "估计", "अनुमान", "estimación";
    Evaluate: "Expression, or a wasm command such as: wasm mem map", "表达式，或 wasm 命令，例如：wasm mem map", "अभिव्यक्ति, या wasm आदेश जैसे: wasm mem map", "Expresión, o una orden wasm como: wasm mem map";
    Evidence: "Evidence", "依据", "प्रमाण", "Indicios";
    Exact: "exact", "精确", "सटीक", "exacto";
    ExitedWith: "Exited with code", "已退出，代码", "इस कोड से समाप्त:", "Terminó con código";
    Explain: "How to do it", "操作方法", "कैसे करें", "Cómo hacerlo";
    ExportCsv: "Export as CSV…", "导出为 CSV…", "CSV में निर्यात…", "Exportar como CSV…";
    ExportJson: "Export as JSON…", "导出为 JSON…", "JSON में निर्यात…", "Exportar como JSON…";
    ExportPng: "Export as PNG…", "导出为 PNG…", "PNG में निर्यात…", "Exportar como PNG…";
    ExportSvg: "Export as SVG…", "导出为 SVG…", "SVG में निर्यात…", "Exportar como SVG…";
    File: "File", "文件", "फ़ाइल", "Archivo";
    Fold: "Fold", "折叠", "समेटें", "Plegar";
    Folders: "Folders, as GUEST or HOST::GUEST", "文件夹，写作 GUEST 或 HOST::GUEST", "फ़ोल्डर, GUEST या HOST::GUEST रूप में", "Carpetas, como GUEST o HOST::GUEST";
    FunctionToCall: "Function to call", "要调用的函数", "बुलाने का फ़ंक्शन", "Función que llamar";
    Functions: "Functions", "函数", "फ़ंक्शन", "Funciones";
    Fit: "Fit", "适合窗口", "फ़िट करें", "Ajustar";
    Forward: "Forward", "前进", "आगे", "Adelante";
    Gain: "Gain", "收益", "लाभ", "Ganancia";
    Generic: "Generic family", "泛型族", "जेनेरिक परिवार", "Familia genérica";
    GraphicsLost: "The browser has taken the graphics away, and the app can't draw any more.", "浏览器已收回图形资源，应用无法再绘制。", "ब्राउज़र ने ग्राफ़िक्स वापस ले लिया है, ऐप अब चित्र नहीं बना सकता।", "El navegador ha retirado los gráficos y la aplicación ya no puede dibujar.";
    Gone: "Gone", "已删除", "हटाया गया", "Quitado";
    GoesNotBack: "This program runs on an engine that does not go back.", "此程序所用的引擎不能倒退。", "यह प्रोग्राम ऐसे इंजन पर है जो पीछे नहीं जाता।", "Este programa corre en un motor que no va hacia atrás.";
    Heat: "Heat", "热度", "ऊष्मा", "Calor";
    Grown: "Grown", "变大", "बढ़ा", "Crecido";
    GroupBy: "Group by", "分组", "समूह", "Agrupar por";
    Help: "Help", "帮助", "सहायता", "Ayuda";
    InputFile: "Input file", "输入文件", "इनपुट फ़ाइल", "Archivo de entrada";
    InstructionKeys: "Walk through instructions", "逐条浏览指令", "निर्देशों में चलें", "Recorrer las instrucciones";
    Item: "Item", "条目", "मद", "Elemento";
    Kind: "Kind", "类型", "प्रकार", "Tipo";
    LeaveProgram: "Stop debugging", "停止调试", "डीबग समाप्त करें", "Dejar de depurar";
    LinkCopied: "The link is copied: it opens this picture again where the same files are open.", "链接已复制：在打开相同文件时会还原此画面。", "लिंक कॉपी हो गया: जहाँ वही फ़ाइलें खुली हों, वहाँ यह यही चित्र फिर खोलता है।", "El enlace está copiado: vuelve a abrir esta vista donde estén abiertos los mismos archivos.";
    LinesWithCode: "Lines with code", "有代码的行", "कोड वाली पंक्तियाँ", "Líneas con código";
    Language: "Language", "语言", "भाषा", "Idioma";
    LeftHeavy: "Left heavy", "左重", "बायाँ भारी", "Mayor a la izquierda";
    Light: "Light", "浅色", "हल्का", "Claro";
    Lines: "Lines", "代码行", "पंक्तियाँ", "Líneas";
    Manifest: "Cargo.toml of the crate", "crate 的 Cargo.toml", "क्रेट की Cargo.toml", "Cargo.toml del crate";
    ManifestHint: "Built as a release into a temporary folder; the crate is not changed", "以 release 方式构建到临时文件夹；不改动 crate", "अस्थायी फ़ोल्डर में release बिल्ड; क्रेट नहीं बदलता", "Se compila como release en una carpeta temporal; el crate no cambia";
    Matches: "matches", "个匹配", "मिलान", "coincidencias";
    Measure: "Measure", "度量", "माप", "Medida";
    Memory: "Memory", "内存", "मेमोरी", "Memoria";
    Metric: "Size", "大小", "आकार", "Tamaño";
    New: "New", "新增", "नया", "Nuevo";
    NextMatch: "Next match", "下一个匹配", "अगला मिलान", "Siguiente coincidencia";
    NeedsJavaScript: "The app is a WebAssembly program: it needs JavaScript.", "本应用是 WebAssembly 程序：需要 JavaScript。", "यह ऐप एक WebAssembly प्रोग्राम है: इसे JavaScript चाहिए।", "La aplicación es un programa WebAssembly: necesita JavaScript.";
    NothingCompared: "Open another build to compare with: File › Compare", "请打开另一构建以比较：文件 › 比较", "तुलना के लिए दूसरा बिल्ड खोलें: फ़ाइल › तुलना", "Abra otra versión con la que comparar: Archivo › Comparar";
    NoBinary: "Open a .wasm to see this", "打开一个 .wasm 以查看", "इसे देखने के लिए .wasm खोलें", "Abra un .wasm para ver esto";
    NoProfile: "Open a profile to see this: folded stacks, Firefox Profiler, pprof, .cpuprofile", "打开性能剖析以查看：folded stacks、Firefox Profiler、pprof、.cpuprofile", "इसे देखने के लिए प्रोफ़ाइल खोलें: folded stacks, Firefox Profiler, pprof, .cpuprofile", "Abra un perfil para ver esto: folded stacks, Firefox Profiler, pprof, .cpuprofile";
    NoChooser: "No file chooser answered. Drop files on this window, or name them on the command line; for a chooser install xdg-desktop-portal or zenity.", "没有文件选择器响应。请将文件拖到此窗口，或在命令行中指定；要使用选择器，请安装 xdg-desktop-portal 或 zenity。", "किसी फ़ाइल चयनकर्ता ने उत्तर नहीं दिया। फ़ाइलें इस विंडो पर छोड़ें या कमांड लाइन में लिखें; चयनकर्ता के लिए xdg-desktop-portal या zenity स्थापित करें।", "Ningún selector de archivos respondió. Suelte los archivos en esta ventana o nómbrelos en la línea de órdenes; para tener un selector, instale xdg-desktop-portal o zenity.";
    NoMain: "This program has no function main that is known by name", "此程序没有已知名称的 main 函数", "इस प्रोग्राम में नाम से ज्ञात main फ़ंक्शन नहीं है", "Este programa no tiene una función main de nombre conocido";
    NoLines: "Nothing is known of the source: build with debug information (debug = true, -g)", "没有源码信息：请在构建时加入调试信息（debug = true，-g）", "स्रोत की जानकारी नहीं है: डिबग जानकारी के साथ बिल्ड करें (debug = true, -g)", "No se sabe nada de la fuente: compile con información de depuración (debug = true, -g)";
    NotPrinted: "This function can't be shown as text", "无法以文本显示此函数", "यह फ़ंक्शन पाठ में नहीं दिखाया जा सकता", "Esta función no se puede mostrar como texto";
    NothingMatches: "Nothing matches", "没有匹配项", "कुछ नहीं मिला", "Sin coincidencias";
    Offsets: "Wasm offsets", "Wasm 偏移", "Wasm ऑफ़सेट", "Desplazamientos Wasm";
    NothingToImprove: "Nothing to improve was found", "未发现可改进之处", "सुधारने को कुछ नहीं मिला", "No se encontró nada que mejorar";
    OnDesktop: "This view is in the desktop app.", "此视图在桌面应用中。", "यह दृश्य डेस्कटॉप ऐप में है।", "Esta vista está en la aplicación de escritorio.";
    OnlyBeside: "only files beside the page are opened", "仅打开页面所在位置的文件", "केवल पृष्ठ के साथ की फ़ाइलें खुलती हैं", "solo se abren archivos que están junto a la página";
    OnlyApplicable: "Only what can be applied", "仅可应用的", "केवल जो लागू हो सके", "Solo lo aplicable";
    OnlyExplained: "This one is done by hand", "此项需手动完成", "यह हाथ से किया जाता है", "Esto se hace a mano";
    Open: "Open…", "打开…", "खोलें…", "Abrir…";
    OpenSample: "Open a sample", "打开示例", "नमूना खोलें", "Abrir un ejemplo";
    OtherBuild: "profile of another build", "来自另一构建的剖析", "दूसरे बिल्ड की प्रोफ़ाइल", "perfil de otra versión";
    Own: "Self", "自身", "स्वयं", "Propio";
    PageLoading: "Loading… A page that was opened as a file can't load its parts: serve its folder.", "正在加载… 以文件方式打开的页面无法加载其部分：请通过服务器提供其文件夹。", "लोड हो रहा है… फ़ाइल के रूप में खोला गया पृष्ठ अपने भाग लोड नहीं कर सकता: उसके फ़ोल्डर को सर्वर से दें।", "Cargando… Una página abierta como archivo no puede cargar sus partes: sirva su carpeta.";
    Palette: "Command palette", "命令面板", "कमांड पैलेट", "Paleta de comandos";
    PanKeys: "Pan", "平移", "खिसकाएँ", "Desplazar";
    Pause: "Pause", "暂停", "रोकें", "Pausa";
    Predicted: "Predicted", "预计", "अनुमानित", "Previsto";
    Quit: "Quit", "退出", "बाहर निकलें", "Salir";
    ProgramLost: "The program that was attached to is gone: {reason}. What was seen of it stays.", "所附加的程序已断开：{reason}。已看到的内容会保留。", "जिस प्रोग्राम से जुड़े थे उससे संपर्क टूट गया: {reason}। उसका जो दिखा वह रहेगा।", "El programa al que se conectó ya no está: {reason}. Lo que se vio de él permanece.";
    ProfilesCompared: "{new} is compared with {old}: Diff shows by how much the share of each function changed.", "{new} 与 {old} 进行比较：“差异”显示每个函数的占比变化了多少。", "{new} की तुलना {old} से: अंतर दिखाता है कि हर फ़ंक्शन का हिस्सा कितना बदला।", "{new} se compara con {old}: Diferencia muestra cuánto cambió la parte de cada función.";
    ProgramUnreached: "The program can't be reached: {reason}", "无法连接该程序：{reason}", "प्रोग्राम तक पहुँचा नहीं जा सकता: {reason}", "No se puede alcanzar el programa: {reason}";
    Raw: "Raw", "原始", "मूल", "Bruto";
    Recent: "Opened before", "最近打开", "पहले खोली गई", "Abiertos antes";
    Reload: "Reload", "重新加载", "पुनः लोड करें", "Recargar";
    Remove: "Remove", "移除", "हटाएँ", "Quitar";
    ResetLayout: "Reset the layout", "重置布局", "लेआउट रीसेट करें", "Restablecer la disposición";
    RestartProgram: "Start anew", "重新启动", "फिर से शुरू करें", "Empezar de nuevo";
    Retained: "Retained", "保留", "धारित", "Retenido";
    ReverseContinue: "Continue backwards", "反向继续", "पीछे की ओर जारी रखें", "Continuar hacia atrás";
    Root: "File", "文件", "फ़ाइल", "Archivo";
    Run: "Run", "运行", "चलाएँ", "Ejecutar";
    RunToMain: "Run to main", "运行到 main", "main तक चलाएँ", "Ejecutar hasta main";
    RuntimeCalls: "Calls of the runtime", "运行时调用", "रनटाइम के कॉल", "Llamadas del entorno";
    Samples: "samples", "个样本", "नमूने", "muestras";
    Sandwich: "Sandwich", "三明治", "सैंडविच", "Sándwich";
    SaveCopy: "Save as…", "另存为…", "इस रूप में सहेजें…", "Guardar como…";
    Saved: "Saved", "节省", "बचत", "Ahorrado";
    ScaleDown: "Smaller", "缩小", "छोटा", "Más pequeño";
    ScaleReset: "Normal scale", "正常缩放", "सामान्य आकार", "Escala normal";
    ScaleUp: "Larger", "放大", "बड़ा", "Más grande";
    ScrollKeys: "Scroll rows", "滚动行", "पंक्तियाँ स्क्रॉल करें", "Desplazar filas";
    Search: "Search", "搜索", "खोजें", "Buscar";
    SearchHint: "name  crate:serde  kind:function  -std  /regex/", "名称  crate:serde  kind:function  -std  /正则/", "नाम  crate:serde  kind:function  -std  /regex/", "nombre  crate:serde  kind:function  -std  /regex/";
    Section: "Section", "段", "सेक्शन", "Sección";
    SelectNothing: "Select nothing", "取消选择", "चयन हटाएँ", "Deseleccionar";
    ServerSays: "the server says {status}", "服务器返回 {status}", "सर्वर का उत्तर: {status}", "el servidor dice {status}";
    SetValue: "Set value…", "设置值…", "मान बदलें…", "Cambiar valor…";
    Share: "Share", "占比", "हिस्सा", "Parte";
    Shortcuts: "Keyboard shortcuts", "键盘快捷键", "कीबोर्ड शॉर्टकट", "Atajos de teclado";
    Show: "Show", "显示", "दिखाएँ", "Mostrar";
    ShowHint: "Choose the evidence where it is: in the sizes, the memory or the time", "在其所在的视图（大小、内存或时间）中选中依据", "प्रमाण को वहीं चुनें जहाँ वह है: आकार, मेमोरी या समय", "Elegir los indicios donde están: tamaños, memoria o tiempo";
    ShowInMemory: "Show in memory", "在内存中显示", "मेमोरी में दिखाएँ", "Mostrar en la memoria";
    Size: "Size", "大小", "आकार", "Tamaño";
    Shrunk: "Shrunk", "变小", "घटा", "Encogido";
    Sizes: "Sizes", "大小", "आकार", "Tamaños";
    Source: "Source", "源码", "स्रोत", "Fuente";
    SourceMissing: "Its text is not here: drop the file on this window, or map its folder (--source-map FROM=TO)", "此处没有其文本：请将文件拖到窗口，或映射其文件夹（--source-map FROM=TO）", "इसका पाठ यहाँ नहीं है: फ़ाइल इस विंडो पर छोड़ें, या उसका फ़ोल्डर जोड़ें (--source-map FROM=TO)", "Su texto no está aquí: suelte el archivo en esta ventana o indique su carpeta (--source-map FROM=TO)";
    SourceMissingInPage: "Its text is not here: drop the file on this window", "此处没有其文本：请将文件拖到窗口", "इसका पाठ यहाँ नहीं है: फ़ाइल इस विंडो पर छोड़ें", "Su texto no está aquí: suelte el archivo en esta ventana";
    StepBack: "Step back", "后退一步", "एक कदम पीछे", "Paso atrás";
    StepIn: "Step in", "步入", "भीतर कदम", "Entrar";
    StepOut: "Step out", "步出", "बाहर कदम", "Salir";
    StepOver: "Step over", "步过", "अगला कदम", "Paso";
    StopAtEntry: "Stop before the first instruction", "停在第一条指令之前", "पहले निर्देश से पहले रुकें", "Parar antes de la primera instrucción";
    StopAtChange: "Stop when it changes", "更改时停止", "बदलने पर रुकें", "Parar cuando cambie";
    Sunburst: "Sunburst", "旭日图", "सनबर्स्ट", "Gráfico solar";
    System: "As the system", "跟随系统", "सिस्टम जैसा", "Como el sistema";
    TakeBack: "Take back", "撤销", "वापस लें", "Deshacer";
    Theme: "Theme", "主题", "थीम", "Tema";
    Time: "Time", "时间", "समय", "Tiempo";
    Thread: "Thread", "线程", "थ्रेड", "Hilo";
    TimeOrder: "Time order", "时间顺序", "समय क्रम", "Orden temporal";
    ToggleBreakpoint: "Breakpoint at line", "行断点", "पंक्ति पर ब्रेकपॉइंट", "Punto de parada en la línea";
    Total: "Total", "总计", "कुल", "Total";
    Transfer: "Transfer", "传输", "स्थानांतरण", "Transferencia";
    Treemap: "Treemap", "矩形树图", "ट्रीमैप", "Mapa de árbol";
    Unchanged: "Unchanged", "未变", "अपरिवर्तित", "Sin cambios";
    Unfold: "Unfold", "展开", "खोलें", "Desplegar";
    UnselectRange: "Whole time", "全部时间", "पूरा समय", "Todo el tiempo";
    Up: "Up", "向上", "ऊपर", "Subir";
    Variables: "Variables", "变量", "चर", "Variables";
    Watches: "Watch", "监视", "निगरानी", "Observar";
    ZoomKeys: "Zoom", "缩放", "ज़ूम", "Zoom";
    BeforeRun: "Before it runs", "运行之前", "चलने से पहले", "Antes de ejecutarse";
    Bands: "Bands", "区段", "पट्टियाँ", "Bandas";
    Blocks: "blocks", "个块", "ब्लॉक", "bloques";
    Certainty: "Known by", "依据", "कैसे ज्ञात", "Cómo se sabe";
    Changed: "Changed", "已更改", "बदला हुआ", "Cambiado";
    ChooseBytes: "Choose bytes in the map or the hexdump", "在图或十六进制转储中选择字节", "नक़्शे या हेक्सडंप में बाइट चुनें", "Elija bytes en el mapa o en el volcado hexadecimal";
    ChooseCompared: "Choose above what to compare with", "在上方选择要比较的对象", "ऊपर चुनें कि किससे तुलना करें", "Elija arriba con qué comparar";
    ComparedWith: "Compared with", "比较对象", "तुलना", "Comparado con";
    CopyAs: "Copy as", "复制为", "इस रूप में कॉपी", "Copiar como";
    Disconnected: "Disconnected", "已断开", "संपर्क टूटा", "Desconectado";
    Exited: "Exited", "已退出", "समाप्त", "Terminado";
    FindBytes: "Find in memory", "在内存中查找", "मेमोरी में खोजें", "Buscar en la memoria";
    FindHint: "Find: text, \"text\", hex:de ad be ef, u32:7, f64:0.5", "查找：文本、\"文本\"、hex:de ad be ef、u32:7、f64:0.5", "खोजें: पाठ, \"पाठ\", hex:de ad be ef, u32:7, f64:0.5", "Buscar: texto, \"texto\", hex:de ad be ef, u32:7, f64:0.5";
    FollowPointer: "Follow the pointer", "跟随指针", "पॉइंटर का अनुसरण करें", "Seguir el puntero";
    Found: "Found", "查找结果", "मिला", "Encontrado";
    GoToAddress: "Go to an address or symbol", "转到地址或符号", "पते या प्रतीक पर जाएँ", "Ir a una dirección o símbolo";
    Inspector: "Inspector", "检查器", "निरीक्षक", "Inspector";
    Latest: "Newest", "最新", "नवीनतम", "El más reciente";
    Leaks: "Leaks", "泄漏", "लीक", "Fugas";
    Lost: "nothing points to it", "没有指针指向它", "कोई पॉइंटर नहीं", "nada apunta a él";
    LostWithAnother: "only another leak points to it", "仅被另一泄漏指向", "केवल दूसरा लीक इंगित करता है", "solo otra fuga apunta a él";
    Moment: "Moment", "时刻", "क्षण", "Momento";
    MomentKeys: "Back and on in time", "时间前后移动", "समय में पीछे और आगे", "Atrás y adelante en el tiempo";
    NoLeaks: "Something points to every live block that is known", "每个已知的活动块都有指针指向", "हर ज्ञात जीवित ब्लॉक की ओर पॉइंटर है", "Algo apunta a cada bloque vivo conocido";
    NoMemory: "This module has no memory", "此模块没有内存", "इस मॉड्यूल में मेमोरी नहीं है", "Este módulo no tiene memoria";
    NoSuchType: "No such type in the debug information", "调试信息中没有此类型", "डीबग जानकारी में ऐसा टाइप नहीं", "No existe ese tipo en la información de depuración";
    NoTypes: "Types need a module with debug information (DWARF)", "类型需要带调试信息 (DWARF) 的模块", "टाइप के लिए डीबग जानकारी (DWARF) वाला मॉड्यूल चाहिए", "Los tipos requieren un módulo con información de depuración (DWARF)";
    Running: "Running", "运行中", "चल रहा है", "En ejecución";
    Stopped: "Stopped", "已停止", "रुका हुआ", "Detenido";
    TakeSnapshot: "Take a snapshot", "拍摄快照", "स्नैपशॉट लें", "Tomar una instantánea";
    TypeName: "type", "类型", "टाइप", "tipo";
    Types: "Types", "类型", "टाइप", "Tipos";
    Untyped: "(no typed pointer leads there)", "（没有带类型的指针指向）", "(कोई टाइप वाला पॉइंटर नहीं)", "(ningún puntero con tipo lleva allí)";
    Use: "Use", "用途", "उपयोग", "Uso";
    View: "View", "视图", "दृश्य", "Vista";
    WalkKeys: "Walk to siblings, parent, child", "移到同级、上级、下级", "सहोदर, ऊपर, नीचे जाएँ", "Ir a hermanos, padre, hijo";
    WasmText: "Wasm text", "Wasm 文本", "Wasm पाठ", "Texto wasm";
    AlwaysOn: "On every page", "在每个页面上", "हर पृष्ठ पर", "En todas las páginas";
    AlwaysOnHint: "Asks for the permission to hook each page from its start", "请求从每个页面开始时挂钩的权限", "हर पृष्ठ को शुरू से हुक करने की अनुमति माँगता है", "Pide permiso para enganchar cada página desde su inicio";
    ClearCalls: "Forget the counts", "清除计数", "गिनती भूलें", "Olvidar los recuentos";
    Compiled: "Compiled in", "编译用时", "संकलन समय", "Compilado en";
    Count: "Count", "次数", "संख्या", "Número";
    CustomSections: "Custom sections", "自定义段", "कस्टम सेक्शन", "Secciones personalizadas";
    Detach: "Let go", "断开", "छोड़ें", "Soltar";
    Entries: "Entries", "条目", "प्रविष्टियाँ", "Entradas";
    Exports: "Exports", "导出", "निर्यात", "Exportaciones";
    Growth: "Growth", "增长", "वृद्धि", "Crecimiento";
    HookLate: "The hook came when the page already ran: it sees what came since, and what lies in global variables. Reload with hook for all.", "钩子在页面运行后才加载：只能看到之后出现的和全局变量中的内容。使用“带钩子重新加载”可看到全部。", "हुक तब आया जब पृष्ठ चल चुका था: केवल बाद का, और वैश्विक चरों में जो है, दिखता है। सब कुछ के लिए हुक के साथ पुनः लोड करें।", "El enganche llegó cuando la página ya corría: ve lo que vino después y lo que está en variables globales. Recargue con enganche para verlo todo.";
    HookNone: "Nothing was looked for yet: wasm is seen from the start of a page on. Reload with hook.", "尚未查找任何内容：只能从页面开始时观察 wasm。请“带钩子重新加载”。", "अभी कुछ नहीं खोजा गया: wasm पृष्ठ की शुरुआत से दिखता है। हुक के साथ पुनः लोड करें।", "Aún no se ha buscado nada: el wasm se ve desde el inicio de la página. Recargue con enganche.";
    HookNothing: "Hooked from its start; this page has loaded no WebAssembly so far.", "从一开始就已挂钩；此页面尚未加载 WebAssembly。", "शुरू से हुक किया गया; इस पृष्ठ ने अब तक कोई WebAssembly लोड नहीं किया।", "Enganchada desde su inicio; esta página aún no ha cargado WebAssembly.";
    HookStart: "Hooked from its start.", "从一开始就已挂钩。", "शुरू से हुक किया गया।", "Enganchada desde su inicio.";
    HookUnreachable: "This page can't be asked: a page of the browser itself, one that crashed, or a dialog is open.", "无法查询此页面：浏览器自身的页面、已崩溃，或有对话框打开。", "इस पृष्ठ से पूछा नहीं जा सकता: ब्राउज़र का अपना पृष्ठ, क्रैश, या कोई संवाद खुला है।", "No se puede consultar esta página: es del propio navegador, falló o hay un diálogo abierto.";
    Imports: "Imports", "导入", "आयात", "Importaciones";
    Instance: "Instance", "实例", "इंस्टैंस", "Instancia";
    Instances: "Instances", "实例", "इंस्टैंस", "Instancias";
    Longest: "Longest", "最长", "सबसे लंबा", "Más larga";
    Memories: "Memories", "内存", "मेमोरी", "Memorias";
    Module: "Module", "模块", "मॉड्यूल", "Módulo";
    Modules: "Modules", "模块", "मॉड्यूल", "Módulos";
    NoCalls: "Calls are not counted: Reload and count calls.", "未统计调用：请“重新加载并统计调用”。", "कॉल गिने नहीं जाते: पुनः लोड करके कॉल गिनें।", "Las llamadas no se cuentan: recargue y cuéntelas.";
    NoCallsYet: "No call crossed the boundary so far.", "尚无调用跨越边界。", "अब तक कोई कॉल सीमा पार नहीं हुई।", "Ninguna llamada ha cruzado la frontera aún.";
    NotAllShown: "Only the first are shown", "仅显示前一部分", "केवल पहले दिखाए गए", "Solo se muestran los primeros";
    NothingUnseen: "Nothing is known to be hidden.", "没有已知的隐藏内容。", "कुछ छिपा हुआ ज्ञात नहीं।", "No se sabe de nada oculto.";
    NoTables: "No table was seen.", "未发现表。", "कोई टेबल नहीं दिखी।", "No se vio ninguna tabla.";
    NoWasm: "No WebAssembly was seen in this page.", "此页面中未发现 WebAssembly。", "इस पृष्ठ में WebAssembly नहीं दिखा।", "No se vio WebAssembly en esta página.";
    NoWatches: "Nothing is watched: choose bytes in Memory, then Watch.", "未监视任何内容：在“内存”中选择字节，然后点“监视”。", "कुछ निगरानी में नहीं: मेमोरी में बाइट चुनें, फिर निगरानी करें।", "No se vigila nada: elija bytes en Memoria y pulse Vigilar.";
    OpenInTab: "Open in the full app", "在完整应用中打开", "पूरे ऐप में खोलें", "Abrir en la aplicación completa";
    Page: "Page", "页面", "पृष्ठ", "Página";
    PanelCost: "What the open panel costs the page's main thread", "打开的面板占用页面主线程的时间", "खुले पैनल की पृष्ठ के मुख्य थ्रेड पर लागत", "Lo que el panel abierto cuesta al hilo principal de la página";
    Reason: "Reason", "原因", "कारण", "Motivo";
    ReloadAndCount: "Reload and count calls", "重新加载并统计调用", "पुनः लोड करके कॉल गिनें", "Recargar y contar llamadas";
    ReloadWithHook: "Reload with hook", "带钩子重新加载", "हुक के साथ पुनः लोड करें", "Recargar con enganche";
    SaveSnapshot: "Save a snapshot", "保存快照", "स्नैपशॉट सहेजें", "Guardar una instantánea";
    ShowMemory: "Show the memory", "显示内存", "मेमोरी दिखाएँ", "Mostrar la memoria";
    ShowSizes: "Show its sizes", "显示其大小", "इसके आकार दिखाएँ", "Mostrar sus tamaños";
    SortBy: "Sort by", "排序", "क्रम", "Ordenar por";
    Tables: "Tables", "表", "टेबल", "Tablas";
    Unseen: "Not seen", "不可见", "अदृश्य", "No visto";
    Unwatch: "Stop watching", "停止监视", "निगरानी रोकें", "Dejar de vigilar";
    Used: "Used", "已用", "प्रयुक्त", "Usadas";
    Watch: "Watch", "监视", "निगरानी", "Vigilar";
    Watched: "Watched", "监视", "निगरानी में", "Vigilado";
    AnotherBuildDescribed: "{file} describes another build than {program}: {own}, not {wanted}", "{file} 描述的是 {program} 的另一构建：{own}，而不是 {wanted}", "{file} {program} के बजाय किसी दूसरे बिल्ड का वर्णन करती है: {own}, न कि {wanted}", "{file} describe otra versión de {program}: {own}, no {wanted}";
    BreakpointAtLine: "breakpoint at line {line}", "第 {line} 行有断点", "पंक्ति {line} पर ब्रेकपॉइंट", "punto de parada en la línea {line}";
    BrokenRegex: "/{pattern}/ is no regular expression: {reason}", "/{pattern}/ 不是正则表达式：{reason}", "/{pattern}/ रेगुलर एक्सप्रेशन नहीं है: {reason}", "/{pattern}/ no es una expresión regular: {reason}";
    ClientRefused: "it does not take this client", "它不接受此客户端", "वह इस क्लाइंट को स्वीकार नहीं करता", "no acepta este cliente";
    ClosedConnection: "it closed the connection", "它关闭了连接", "उसने कनेक्शन बंद कर दिया", "cerró la conexión";
    EngineGivesNoBytes: "the engine gives no bytes: {reason}", "引擎未提供字节：{reason}", "इंजन बाइट नहीं देता: {reason}", "el motor no da bytes: {reason}";
    EngineGivesNoChanges: "the engine gives no news of changes: {reason}", "引擎不报告更改：{reason}", "इंजन बदलावों की सूचना नहीं देता: {reason}", "el motor no informa de los cambios: {reason}";
    EngineGivesNoSnapshot: "the engine gives no snapshot: {reason}", "引擎未提供快照：{reason}", "इंजन स्नैपशॉट नहीं देता: {reason}", "el motor no da ninguna instantánea: {reason}";
    EngineSays: "the engine says: {reason}", "引擎报告：{reason}", "इंजन कहता है: {reason}", "el motor dice: {reason}";
    FileFailed: "{file}: {reason}", "{file}：{reason}", "{file}: {reason}", "{file}: {reason}";
    FileEmpty: "{file} is empty", "{file} 是空的", "{file} खाली है", "{file} está vacío";
    FileSaved: "{file} is saved.", "已保存 {file}。", "{file} सहेजी गई।", "{file} se ha guardado.";
    FileTooLarge: "it has {is}, and files of up to {most} are opened. A module may be small enough without its debug information (wasm-tools strip)", "大小为 {is}，最多可打开 {most} 的文件。去掉调试信息后（wasm-tools strip）模块可能足够小", "इसका आकार {is} है, और {most} तक की फ़ाइलें खुलती हैं। डिबग जानकारी के बिना (wasm-tools strip) मॉड्यूल काफ़ी छोटा हो सकता है", "ocupa {is}, y se abren archivos de hasta {most}. Sin su información de depuración (wasm-tools strip), un módulo puede ser lo bastante pequeño";
    FileUnknown: "{file} is none of what opens here: a WebAssembly module or component, a profile (folded stacks, Firefox Profiler, pprof, .cpuprofile), a snapshot of memory, a core dump, debug information or a source map of the program", "{file} 不是可在此打开的文件：WebAssembly 模块或组件、性能剖析（folded stacks、Firefox Profiler、pprof、.cpuprofile）、内存快照、核心转储、程序的调试信息或源码映射", "{file} यहाँ खुलने वाली फ़ाइलों में से नहीं है: WebAssembly मॉड्यूल या कंपोनेंट, प्रोफ़ाइल (folded stacks, Firefox Profiler, pprof, .cpuprofile), मेमोरी का स्नैपशॉट, कोर डंप, प्रोग्राम की डिबग जानकारी या सोर्स मैप", "{file} no es nada de lo que se abre aquí: un módulo o componente WebAssembly, un perfil (folded stacks, Firefox Profiler, pprof, .cpuprofile), una instantánea de memoria, un volcado, información de depuración o un mapa de fuentes del programa";
    FlameGraph: "flame graph", "火焰图", "फ़्लेम ग्राफ़", "gráfico de llamas";
    Hexdump: "hexdump", "十六进制转储", "हेक्सडंप", "volcado hexadecimal";
    HexdumpHeat: "hexdump, heat", "十六进制转储，热度", "हेक्सडंप, ऊष्मा", "volcado hexadecimal, calor";
    KeptUnreadable: "{file}: {reason}. The window begins as at first; the file is written anew at the end.", "{file}：{reason}。窗口以初始状态打开；结束时会重写该文件。", "{file}: {reason}। विंडो शुरुआती रूप में खुलती है; अंत में फ़ाइल नए सिरे से लिखी जाएगी।", "{file}: {reason}. La ventana empieza como la primera vez; el archivo se escribe de nuevo al final.";
    LetGo: "let go", "已断开", "छोड़ दिया गया", "soltado";
    MemoryMap: "memory map", "内存图", "मेमोरी का नक़्शा", "mapa de memoria";
    MessageUnreadable: "a message of it can't be read: {reason}", "无法读取它的一条消息：{reason}", "उसका एक संदेश पढ़ा नहीं जा सकता: {reason}", "no se puede leer uno de sus mensajes: {reason}";
    Minimap: "minimap", "缩略图", "लघु मानचित्र", "minimapa";
    MomentOfOtherBuild: "{file} is of another build than the module: variables and types may be wrong. Open the module that ran.", "{file} 来自与该模块不同的构建：变量和类型可能有误。请打开实际运行的模块。", "{file} मॉड्यूल से अलग बिल्ड की है: चर और टाइप ग़लत हो सकते हैं। जो मॉड्यूल चला था वह खोलें।", "{file} es de otra versión que el módulo: las variables y los tipos pueden ser erróneos. Abra el módulo que se ejecutó.";
    NoBreakpointAtLine: "no breakpoint at line {line}", "第 {line} 行无断点", "पंक्ति {line} पर ब्रेकपॉइंट नहीं", "sin punto de parada en la línea {line}";
    NoDebugAdapter: "it does not speak the Debug Adapter Protocol", "它不使用 Debug Adapter Protocol", "वह Debug Adapter Protocol नहीं बोलता", "no habla el Debug Adapter Protocol";
    NoGraphics: "There is no graphics processor: {renderer} draws the window, more slowly.", "没有图形处理器：窗口由 {renderer} 绘制，速度较慢。", "कोई ग्राफ़िक्स प्रोसेसर नहीं है: विंडो को {renderer} बनाता है, धीमी गति से।", "No hay procesador gráfico: {renderer} dibuja la ventana, más despacio.";
    NoLiveProtocol: "it does not speak the protocol of memviz: {reason}", "它不使用 memviz 的协议：{reason}", "वह memviz का प्रोटोकॉल नहीं बोलता: {reason}", "no habla el protocolo de memviz: {reason}";
    NoPointer: "{address}: no pointer into this memory.", "{address}：不是指向此内存的指针。", "{address}: इस मेमोरी में जाने वाला पॉइंटर नहीं।", "{address}: no es un puntero a esta memoria.";
    NoSuchPlace: "`{place}` is no address, variable or band of this memory. Write 0x400, a variable's name, $sp+16, heap.", "`{place}` 不是此内存的地址、变量或区段。请写 0x400、变量名、$sp+16、heap。", "`{place}` इस मेमोरी का पता, चर या पट्टी नहीं है। 0x400, चर का नाम, $sp+16, heap लिखें।", "`{place}` no es una dirección, variable ni banda de esta memoria. Escriba 0x400, el nombre de una variable, $sp+16, heap.";
    NothingDescribed: "no unit of the program is described in it", "其中没有描述该程序的任何单元", "इसमें प्रोग्राम की किसी इकाई का वर्णन नहीं है", "no describe ninguna unidad del programa";
    NothingToSave: "This view has nothing to save as {format} now.", "此视图目前没有可保存为 {format} 的内容。", "इस दृश्य में अभी {format} के रूप में सहेजने को कुछ नहीं है।", "Esta vista no tiene ahora nada que guardar como {format}.";
    NotThisMachine: "{address} is not on this machine; forward its port, and attach to 127.0.0.1", "{address} 不在本机上；请转发其端口，并附加到 127.0.0.1", "{address} इस मशीन पर नहीं है; उसका पोर्ट फ़ॉरवर्ड करें और 127.0.0.1 से जुड़ें", "{address} no está en esta máquina; redirija su puerto y conecte con 127.0.0.1";
    PageTooLong: "the page's inventory has {bytes} bytes; at most {most} are read", "页面清单有 {bytes} 字节；最多读取 {most}", "पृष्ठ की सूची में {bytes} बाइट हैं; अधिकतम {most} पढ़े जाते हैं", "el inventario de la página tiene {bytes} bytes; se leen {most} como máximo";
    PageUnreadable: "the page's inventory can't be read: {reason}", "无法读取页面清单：{reason}", "पृष्ठ की सूची पढ़ी नहीं जा सकती: {reason}", "no se puede leer el inventario de la página: {reason}";
    PageVersion: "the extension speaks version {other} of the contract, the panel version {own}: reload both", "扩展使用约定的版本 {other}，面板使用版本 {own}：请重新加载两者", "एक्सटेंशन अनुबंध का संस्करण {other} बोलता है, पैनल संस्करण {own}: दोनों को पुनः लोड करें", "la extensión habla la versión {other} del contrato, el panel la versión {own}: recargue ambos";
    PlaceHint: "0x400  name  $sp+16  heap", "0x400  名称  $sp+16  heap", "0x400  नाम  $sp+16  heap", "0x400  nombre  $sp+16  heap";
    PatternHint: "text  hex:de ad  u32:7", "文本  hex:de ad  u32:7", "पाठ  hex:de ad  u32:7", "texto  hex:de ad  u32:7";
    ProfileOfOtherBuild: "{profile} is of another build than {program}: {found} of its {all} wasm functions are found, {moved} of them at another place. Record it again with this file for exact offsets.", "{profile} 来自与 {program} 不同的构建：其 {all} 个 wasm 函数中找到 {found} 个，其中 {moved} 个位置不同。请用此文件重新录制以获得精确偏移。", "{profile} {program} से अलग बिल्ड की है: इसके {all} wasm फ़ंक्शनों में से {found} मिले, उनमें से {moved} दूसरी जगह पर। सटीक ऑफ़सेट के लिए इस फ़ाइल के साथ फिर से रिकॉर्ड करें।", "{profile} es de otra versión que {program}: se encuentran {found} de sus {all} funciones wasm, {moved} de ellas en otro lugar. Grábelo de nuevo con este archivo para tener desplazamientos exactos.";
    ProgramEnded: "the program was ended", "程序已被终止", "प्रोग्राम समाप्त कर दिया गया", "se terminó el programa";
    ProgramOfOtherBuild: "The program that runs is of another build than the module: variables and types may be wrong.", "正在运行的程序来自与该模块不同的构建：变量和类型可能有误。", "चल रहा प्रोग्राम मॉड्यूल से अलग बिल्ड का है: चर और टाइप ग़लत हो सकते हैं।", "El programa que se ejecuta es de otra versión que el módulo: las variables y los tipos pueden ser erróneos.";
    QuoteNotClosed: "a quote in the arguments or folders is not closed", "参数或文件夹中有未闭合的引号", "तर्कों या फ़ोल्डरों में एक उद्धरण चिह्न बंद नहीं है", "falta cerrar una comilla en los argumentos o en las carpetas";
    SnapshotUnreadable: "a snapshot that the engine sent can't be read: {reason}", "无法读取引擎发送的快照：{reason}", "इंजन का भेजा स्नैपशॉट पढ़ा नहीं जा सकता: {reason}", "no se puede leer una instantánea que envió el motor: {reason}";
    StateNotEncoded: "the state is neither JSON nor what a copied link has: {reason}", "此状态既不是 JSON，也不是复制的链接所含的内容：{reason}", "यह स्थिति न JSON है, न कॉपी किए लिंक वाली: {reason}", "el estado no es ni JSON ni lo que lleva un enlace copiado: {reason}";
    StateUnreadable: "the state can't be read: {reason}", "无法读取此状态：{reason}", "यह स्थिति पढ़ी नहीं जा सकती: {reason}", "no se puede leer el estado: {reason}";
    Working: "Working", "处理中", "काम जारी है", "Trabajando";
}

/// What is to be said, in no language yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wording {
    /// A text of the app; what stands in braces in it are blanks, with what fills them.
    Own(Text, Vec<(&'static str, Wording)>),
    /// Words of the system, of a library, of another program.
    Others(String),
}

impl Text {
    /// With a blank filled.
    pub fn with(self, blank: &'static str, filling: impl Into<Wording>) -> Wording {
        Wording::from(self).with(blank, filling)
    }
}

impl Wording {
    /// With one more blank filled.
    pub fn with(mut self, blank: &'static str, filling: impl Into<Wording>) -> Wording {
        if let Wording::Own(_, blanks) = &mut self {
            blanks.push((blank, filling.into()));
        }
        self
    }

    /// In a language. What fills a blank may have braces of its own: it is not looked into.
    pub fn in_language(&self, language: Language) -> String {
        let (text, blanks) = match self {
            Wording::Own(text, blanks) => (text.in_language(language), blanks),
            Wording::Others(words) => return words.clone(),
        };
        let mut parts = text.split('{');
        let mut said = parts.next().unwrap_or_default().to_string();
        for part in parts {
            let (blank, behind) = part.split_once('}').unwrap_or((part, ""));
            if let Some((_, filling)) = blanks.iter().find(|(name, _)| *name == blank) {
                said.push_str(&filling.in_language(language));
            }
            said.push_str(behind);
        }
        said
    }
}

impl From<Text> for Wording {
    fn from(text: Text) -> Wording {
        Wording::Own(text, Vec::new())
    }
}

impl From<String> for Wording {
    fn from(words: String) -> Wording {
        Wording::Others(words)
    }
}

impl From<&str> for Wording {
    fn from(words: &str) -> Wording {
        Wording::Others(words.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_there_in_every_language() {
        for text in Text::ALL {
            for language in Language::ALL {
                assert!(!text.in_language(language).is_empty(), "{text:?} in {language:?}");
            }
        }
        for language in Language::ALL {
            assert_eq!(Language::of_tag(language.tag()), language);
        }
    }

    #[test]
    fn blanks_are_the_same_in_every_language() {
        let blanks = |text: &str| -> Vec<String> {
            let mut blanks: Vec<String> =
                text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_string())).collect();
            blanks.sort();
            blanks
        };
        for text in Text::ALL {
            let english = blanks(text.in_language(Language::English));
            for language in Language::ALL {
                assert_eq!(blanks(text.in_language(language)), english, "{text:?} in {language:?}");
            }
        }
    }

    #[test]
    fn what_fills_a_blank_is_not_looked_into() {
        let reason = Text::EngineSays.with("reason", "{reason} {file}");
        let phrase = Text::KeptUnreadable.with("file", "{reason}").with("reason", reason);
        let said = phrase.in_language(Language::English);
        assert!(said.starts_with("{reason}: the engine says: {reason} {file}. The window"), "{said}");
        assert_eq!(Wording::from("no").in_language(Language::Hindi), "no");
    }

    #[test]
    fn what_a_page_says_before_the_app_is_there_is_the_same() {
        let page = concat!(include_str!("../web/words.js"), include_str!("../web/index.html"));
        for text in [Text::CantStart, Text::NeedsJavaScript, Text::PageLoading, Text::Reload] {
            for language in Language::ALL {
                let text = text.in_language(language).replace("{reason}", "");
                assert!(page.contains(&text), "{text}");
            }
        }
    }
}

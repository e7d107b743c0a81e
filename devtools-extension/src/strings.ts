// What the extension says outside of the app, in the language that was chosen in the app, or else the browser's. What
// went wrong in a page's own code is told as the page told it.

import type { Unseen } from "./contract.ts";
import type { Fault } from "./hook/faults.ts";

const en = {
  description: "A panel in the developer tools that shows a page's WebAssembly: modules, memories, what fills them, what leaks.",
  // The panel's lines.
  starting: "Starting…",
  found: (modules: number, memories: number) => `${modules} ${modules === 1 ? "module" : "modules"}, ${memories} ${memories === 1 ? "memory" : "memories"}`,
  late: "the page ran before: \"Reload with hook\" shows all.",
  none: "This page has no WebAssembly, or lets no script in.",
  unreachable: "The page can't be asked",
  reading: "Reading the module…",
  // What goes wrong.
  notStarted: (why: string) => `The panel could not start: ${why}`,
  appNotStarted: (why: string) => `The app could not start: ${why}`,
  appSilent: "the app does not start",
  silent: "it does not answer",
  left: "another page was loaded",
  lost: "the browser's tools have lost it; close and open them, or load another page",
  gone: "What was chosen is gone: the page has been loaded anew.",
  chooseFirst: "Choose a memory first.",
  noBytes: "The module's bytes are not known.",
  otherBytes: "The page gives other bytes than it told of.",
  unreadable: (what: string) => `The page's answer can't be read: ${what}`,
  watchLength: (most: number) => `1 to ${most} bytes can be watched.`,
  watchCount: (most: number) => `${most} places are watched already.`,
  searchLength: (most: number) => `1 to ${most} bytes can be searched for.`,
  noMemory: (index: number) => `There is no memory ${index}.`,
  privateMemory: (index: number) => `Memory ${index} is neither exported nor imported: the page gives no access to it.`,
  letGo: "The page has let go of the memory.",
  loadedAnew: "The page has been loaded anew.",
  momentTooLarge: (mib: number) => `The memories are too large for one moment: more than ${mib} MiB when compressed.`,
  readOver: (seconds: string) => `read over ${seconds} s while the page ran`,
  noTab: "The browser did not open a tab: allow it to, and try again.",
  noFiles: "The panel that had the files is gone, or has given them: open them from it again.",
  pageLength: (bytes: number) => `Pages of ${bytes} bytes can't be.`,
  messageLength: (bytes: number) => `${bytes} bytes are more than a message may have.`,
  notAsked: "The page can't do that.",
  notSpoken: (why: string) => `The app does not speak the protocol: ${why}`,
  badFrame: "a message that can't be",
  // What goes wrong in the hook.
  faults: {
    "no-memory": "The page does not know that memory.",
    "gone": "The page has let go of that memory.",
    "outside": "That lies outside of the memory.",
    "no-moment": "The page holds no moment.",
    "no-bytes": "The page has no bytes of that module.",
  } satisfies Record<Fault, string>,
  // The page that asks for the permission.
  permissionTitle: "See WebAssembly from each page's start",
  permissionReload: "The panel sees what a page makes after its hook is there. \"Reload with hook\" in the panel needs no permission, and works for one load of one page.",
  permissionAlways: "With a permission for all pages, the hook is there before each page's first script, in frames of other origins too. It is a script of this extension that notes modules, memories and tables in the page itself. Nothing leaves the page unless the panel is open, and then it goes to the panel only.",
  permissionAllow: "Allow for all pages",
  permissionForbid: "Give the permission back",
  isGranted: "Each page is hooked from its start.",
  isNotGranted: "No page is hooked unless you reload it with the hook.",
  // Why something can't be seen.
  unseen: {
    "before-hook": "The page ran before the hook came: only what lies in global variables was found. Reload with hook to see all.",
    "cross-origin-frame": "The frame is of another origin and gives no access: a permission for all pages hooks it, too.",
    "worker": "Browsers let no extension look into a worker. Its shared memories are seen if this page made them.",
    "private-memory": "It is neither exported nor imported, so JavaScript has no object for it.",
    "private-table": "They are neither exported nor imported, so JavaScript has no object for them.",
    "es-module": "It was loaded, and no module with its bytes was seen: a worker took it, or it was imported as an ES module, which passes by all hooks.",
    "frozen": "The page has frozen it, so that no hook can be put there.",
    "foreign-hook": "The page or another extension has put functions of its own in front of the hook's. What they call is still seen; what they took before is not.",
    "calls": "Calls through tables, and of functions that the page took before it was hooked, are not counted.",
    "too-many": "The page makes more than are kept.",
  } satisfies Record<Unseen["what"], string>,
};

export type Strings = typeof en;

const zh: Strings = {
  description: "开发者工具中的面板，显示页面的 WebAssembly：模块、内存、内存中的内容以及泄漏。",
  starting: "正在启动…",
  found: (modules, memories) => `${modules} 个模块，${memories} 个内存`,
  late: "页面此前已在运行：“带钩子重新加载”可显示全部。",
  none: "此页面没有 WebAssembly，或不允许脚本进入。",
  unreachable: "无法查询此页面",
  reading: "正在读取模块…",
  notStarted: (why) => `面板无法启动：${why}`,
  appNotStarted: (why) => `应用无法启动：${why}`,
  appSilent: "应用没有启动",
  silent: "页面没有应答",
  left: "已加载另一个页面",
  lost: "浏览器的工具已失去此页面；请关闭并重新打开工具，或加载另一个页面",
  gone: "所选内容已不存在：页面已重新加载。",
  chooseFirst: "请先选择一个内存。",
  noBytes: "模块的字节未知。",
  otherBytes: "页面给出的字节与它所说的不符。",
  unreadable: (what) => `无法读取页面的应答：${what}`,
  watchLength: (most) => `可监视 1 到 ${most} 个字节。`,
  watchCount: (most) => `已在监视 ${most} 处。`,
  searchLength: (most) => `可搜索 1 到 ${most} 个字节。`,
  noMemory: (index) => `没有内存 ${index}。`,
  privateMemory: (index) => `内存 ${index} 既未导出也未导入：页面不提供对它的访问。`,
  letGo: "页面已释放该内存。",
  loadedAnew: "页面已重新加载。",
  momentTooLarge: (mib) => `内存太大，无法存为一个时刻：压缩后超过 ${mib} MiB。`,
  readOver: (seconds) => `在页面运行时用 ${seconds} 秒读取`,
  noTab: "浏览器没有打开标签页：请允许后再试。",
  noFiles: "持有文件的面板已不存在，或已交出文件：请从面板再次打开。",
  pageLength: (bytes) => `不能有 ${bytes} 字节的页。`,
  messageLength: (bytes) => `${bytes} 字节超过一条消息的上限。`,
  notAsked: "页面做不到这一点。",
  notSpoken: (why) => `应用不使用该协议：${why}`,
  badFrame: "不可能的消息",
  faults: {
    "no-memory": "页面不知道该内存。",
    "gone": "页面已不再持有该内存。",
    "outside": "该位置在内存之外。",
    "no-moment": "页面没有保留任何时刻。",
    "no-bytes": "页面没有该模块的字节。",
  },
  permissionTitle: "从每个页面开始时查看 WebAssembly",
  permissionReload: "面板只能看到钩子就位之后页面创建的内容。面板中的“带钩子重新加载”不需要权限，对一个页面的一次加载有效。",
  permissionAlways: "获得所有页面的权限后，钩子会在每个页面的第一个脚本之前就位，其他来源的框架中也一样。它是此扩展的一个脚本，在页面内部记录模块、内存和表。除非面板打开，否则没有任何内容离开页面；打开时也只传给面板。",
  permissionAllow: "允许所有页面",
  permissionForbid: "交还权限",
  isGranted: "每个页面从开始时就挂上钩子。",
  isNotGranted: "除非您带钩子重新加载，否则不会给任何页面挂钩。",
  unseen: {
    "before-hook": "页面在钩子就位之前已运行：只找到了全局变量中的内容。带钩子重新加载可看到全部。",
    "cross-origin-frame": "该框架属于其他来源，不允许访问：所有页面的权限也会给它挂钩。",
    "worker": "浏览器不允许扩展查看 worker 内部。若其共享内存由此页面创建，则可以看到。",
    "private-memory": "它既未导出也未导入，因此 JavaScript 没有它的对象。",
    "private-table": "它们既未导出也未导入，因此 JavaScript 没有它们的对象。",
    "es-module": "它已被加载，但没有看到字节相同的模块：可能由 worker 取走，或作为 ES 模块导入，绕过了所有钩子。",
    "frozen": "页面已将其冻结，因此无法在那里放置钩子。",
    "foreign-hook": "页面或其他扩展在钩子之前放置了自己的函数。它们调用的仍可看到；它们此前取走的则看不到。",
    "calls": "通过表的调用，以及页面在挂钩之前取走的函数的调用，不计入。",
    "too-many": "页面创建的数量超过了所保留的数量。",
  },
};

const hi: Strings = {
  description: "डेवलपर टूल में एक पैनल जो पृष्ठ का WebAssembly दिखाता है: मॉड्यूल, मेमोरी, उनमें क्या भरा है, क्या लीक होता है।",
  starting: "शुरू हो रहा है…",
  found: (modules, memories) => `${modules} मॉड्यूल, ${memories} मेमोरी`,
  late: "पृष्ठ पहले से चल रहा था: \"हुक के साथ पुनः लोड करें\" सब कुछ दिखाता है।",
  none: "इस पृष्ठ में WebAssembly नहीं है, या यह किसी स्क्रिप्ट को आने नहीं देता।",
  unreachable: "पृष्ठ से पूछा नहीं जा सकता",
  reading: "मॉड्यूल पढ़ा जा रहा है…",
  notStarted: (why) => `पैनल शुरू नहीं हो सका: ${why}`,
  appNotStarted: (why) => `ऐप शुरू नहीं हो सका: ${why}`,
  appSilent: "ऐप शुरू नहीं होता",
  silent: "वह उत्तर नहीं देता",
  left: "दूसरा पृष्ठ लोड हुआ",
  lost: "ब्राउज़र के टूल ने उसे खो दिया है; उन्हें बंद करके खोलें, या दूसरा पृष्ठ लोड करें",
  gone: "जो चुना गया था वह अब नहीं है: पृष्ठ फिर से लोड हुआ है।",
  chooseFirst: "पहले एक मेमोरी चुनें।",
  noBytes: "मॉड्यूल के बाइट ज्ञात नहीं हैं।",
  otherBytes: "पृष्ठ बताए गए बाइट से अलग बाइट देता है।",
  unreadable: (what) => `पृष्ठ का उत्तर पढ़ा नहीं जा सकता: ${what}`,
  watchLength: (most) => `1 से ${most} बाइट पर नज़र रखी जा सकती है।`,
  watchCount: (most) => `${most} स्थानों पर पहले से नज़र है।`,
  searchLength: (most) => `1 से ${most} बाइट खोजे जा सकते हैं।`,
  noMemory: (index) => `मेमोरी ${index} नहीं है।`,
  privateMemory: (index) => `मेमोरी ${index} न निर्यातित है, न आयातित: पृष्ठ उस तक पहुँच नहीं देता।`,
  letGo: "पृष्ठ ने मेमोरी छोड़ दी है।",
  loadedAnew: "पृष्ठ फिर से लोड हुआ है।",
  momentTooLarge: (mib) => `मेमोरी एक क्षण के लिए बहुत बड़ी है: संपीड़ित होने पर ${mib} MiB से अधिक।`,
  readOver: (seconds) => `पृष्ठ के चलते हुए ${seconds} सेकंड में पढ़ा गया`,
  noTab: "ब्राउज़र ने टैब नहीं खोला: उसे अनुमति दें और फिर प्रयास करें।",
  noFiles: "जिस पैनल के पास फ़ाइलें थीं वह अब नहीं है, या उन्हें दे चुका है: पैनल से फिर खोलें।",
  pageLength: (bytes) => `${bytes} बाइट के पृष्ठ नहीं हो सकते।`,
  messageLength: (bytes) => `${bytes} बाइट एक संदेश की सीमा से अधिक हैं।`,
  notAsked: "पृष्ठ यह नहीं कर सकता।",
  notSpoken: (why) => `ऐप यह प्रोटोकॉल नहीं बोलता: ${why}`,
  badFrame: "असंभव संदेश",
  faults: {
    "no-memory": "पृष्ठ उस मेमोरी को नहीं जानता।",
    "gone": "पृष्ठ ने उस मेमोरी को छोड़ दिया है।",
    "outside": "वह मेमोरी के बाहर है।",
    "no-moment": "पृष्ठ कोई क्षण नहीं रखता।",
    "no-bytes": "पृष्ठ के पास उस मॉड्यूल के बाइट नहीं हैं।",
  },
  permissionTitle: "हर पृष्ठ की शुरुआत से WebAssembly देखें",
  permissionReload: "पैनल वही देखता है जो पृष्ठ हुक के आने के बाद बनाता है। पैनल में \"हुक के साथ पुनः लोड करें\" को अनुमति नहीं चाहिए, और वह एक पृष्ठ के एक बार लोड होने तक काम करता है।",
  permissionAlways: "सभी पृष्ठों की अनुमति के साथ हुक हर पृष्ठ की पहली स्क्रिप्ट से पहले होता है, दूसरे मूल के फ़्रेम में भी। यह इस एक्सटेंशन की स्क्रिप्ट है जो पृष्ठ में ही मॉड्यूल, मेमोरी और टेबल नोट करती है। जब तक पैनल खुला न हो, पृष्ठ से कुछ बाहर नहीं जाता, और तब भी केवल पैनल को जाता है।",
  permissionAllow: "सभी पृष्ठों के लिए अनुमति दें",
  permissionForbid: "अनुमति लौटाएँ",
  isGranted: "हर पृष्ठ शुरू से हुक किया जाता है।",
  isNotGranted: "जब तक आप हुक के साथ पुनः लोड न करें, कोई पृष्ठ हुक नहीं किया जाता।",
  unseen: {
    "before-hook": "पृष्ठ हुक के आने से पहले चल चुका था: केवल वैश्विक चरों में जो है वह मिला। सब कुछ देखने के लिए हुक के साथ पुनः लोड करें।",
    "cross-origin-frame": "फ़्रेम दूसरे मूल का है और पहुँच नहीं देता: सभी पृष्ठों की अनुमति उसे भी हुक करती है।",
    "worker": "ब्राउज़र किसी एक्सटेंशन को वर्कर के भीतर देखने नहीं देते। उसकी साझा मेमोरी दिखती है यदि इस पृष्ठ ने उसे बनाया।",
    "private-memory": "वह न निर्यातित है, न आयातित, इसलिए JavaScript के पास उसका कोई ऑब्जेक्ट नहीं है।",
    "private-table": "वे न निर्यातित हैं, न आयातित, इसलिए JavaScript के पास उनका कोई ऑब्जेक्ट नहीं है।",
    "es-module": "वह लोड हुआ, पर उसके बाइट वाला कोई मॉड्यूल नहीं दिखा: किसी वर्कर ने लिया, या ES मॉड्यूल के रूप में आयात हुआ, जो सभी हुक से बचकर निकलता है।",
    "frozen": "पृष्ठ ने उसे फ़्रीज़ कर दिया है, इसलिए वहाँ हुक नहीं लगाया जा सकता।",
    "foreign-hook": "पृष्ठ या किसी दूसरे एक्सटेंशन ने हुक के आगे अपने फ़ंक्शन लगाए हैं। वे जो बुलाते हैं वह अब भी दिखता है; जो वे पहले ले चुके वह नहीं।",
    "calls": "टेबल से होने वाली कॉल, और हुक से पहले पृष्ठ के लिए हुए फ़ंक्शन की कॉल, नहीं गिनी जातीं।",
    "too-many": "पृष्ठ उतने से अधिक बनाता है जितने रखे जाते हैं।",
  },
};

const es: Strings = {
  description: "Un panel en las herramientas de desarrollo que muestra el WebAssembly de la página: módulos, memorias, qué las llena, qué se pierde.",
  starting: "Iniciando…",
  found: (modules, memories) => `${modules} ${modules === 1 ? "módulo" : "módulos"}, ${memories} ${memories === 1 ? "memoria" : "memorias"}`,
  late: "la página ya se ejecutaba: «Recargar con enganche» lo muestra todo.",
  none: "Esta página no tiene WebAssembly o no deja entrar ningún script.",
  unreachable: "No se puede preguntar a la página",
  reading: "Leyendo el módulo…",
  notStarted: (why) => `El panel no pudo iniciarse: ${why}`,
  appNotStarted: (why) => `La aplicación no pudo iniciarse: ${why}`,
  appSilent: "la aplicación no se inicia",
  silent: "no responde",
  left: "se cargó otra página",
  lost: "las herramientas del navegador la han perdido; ciérrelas y ábralas, o cargue otra página",
  gone: "Lo que se eligió ya no está: la página se ha vuelto a cargar.",
  chooseFirst: "Elija primero una memoria.",
  noBytes: "No se conocen los bytes del módulo.",
  otherBytes: "La página da otros bytes que los que indicó.",
  unreadable: (what) => `No se puede leer la respuesta de la página: ${what}`,
  watchLength: (most) => `Se pueden observar de 1 a ${most} bytes.`,
  watchCount: (most) => `Ya se observan ${most} lugares.`,
  searchLength: (most) => `Se pueden buscar de 1 a ${most} bytes.`,
  noMemory: (index) => `No hay memoria ${index}.`,
  privateMemory: (index) => `La memoria ${index} no se exporta ni se importa: la página no da acceso a ella.`,
  letGo: "La página ha soltado la memoria.",
  loadedAnew: "La página se ha vuelto a cargar.",
  momentTooLarge: (mib) => `Las memorias son demasiado grandes para un momento: más de ${mib} MiB comprimidas.`,
  readOver: (seconds) => `leído durante ${seconds} s mientras la página se ejecutaba`,
  noTab: "El navegador no abrió una pestaña: permítalo e inténtelo de nuevo.",
  noFiles: "El panel que tenía los archivos ya no está o ya los dio: ábralos de nuevo desde él.",
  pageLength: (bytes) => `No puede haber páginas de ${bytes} bytes.`,
  messageLength: (bytes) => `${bytes} bytes son más de lo que admite un mensaje.`,
  notAsked: "La página no puede hacer eso.",
  notSpoken: (why) => `La aplicación no habla el protocolo: ${why}`,
  badFrame: "un mensaje imposible",
  faults: {
    "no-memory": "La página no conoce esa memoria.",
    "gone": "La página ya no tiene esa memoria.",
    "outside": "Eso queda fuera de la memoria.",
    "no-moment": "La página no guarda ningún momento.",
    "no-bytes": "La página no tiene los bytes de ese módulo.",
  },
  permissionTitle: "Ver WebAssembly desde el inicio de cada página",
  permissionReload: "El panel ve lo que una página crea después de que su enganche esté puesto. «Recargar con enganche» en el panel no necesita permiso y vale para una carga de una página.",
  permissionAlways: "Con un permiso para todas las páginas, el enganche está antes del primer script de cada página, también en marcos de otros orígenes. Es un script de esta extensión que anota módulos, memorias y tablas en la propia página. Nada sale de la página si el panel no está abierto, y entonces solo va al panel.",
  permissionAllow: "Permitir en todas las páginas",
  permissionForbid: "Devolver el permiso",
  isGranted: "Cada página se engancha desde su inicio.",
  isNotGranted: "Ninguna página se engancha si no la recarga con el enganche.",
  unseen: {
    "before-hook": "La página ya corría cuando llegó el enganche: solo se halló lo que está en variables globales. Recargue con enganche para verlo todo.",
    "cross-origin-frame": "El marco es de otro origen y no da acceso: un permiso para todas las páginas también lo engancha.",
    "worker": "Los navegadores no dejan que una extensión mire dentro de un worker. Sus memorias compartidas se ven si esta página las creó.",
    "private-memory": "No se exporta ni se importa, así que JavaScript no tiene ningún objeto de ella.",
    "private-table": "No se exportan ni se importan, así que JavaScript no tiene ningún objeto de ellas.",
    "es-module": "Se cargó y no se vio ningún módulo con sus bytes: lo tomó un worker, o se importó como módulo ES, que no pasa por ningún enganche.",
    "frozen": "La página lo ha congelado, así que ahí no se puede poner ningún enganche.",
    "foreign-hook": "La página u otra extensión ha puesto funciones propias delante de las del enganche. Lo que llaman se sigue viendo; lo que tomaron antes, no.",
    "calls": "No se cuentan las llamadas a través de tablas ni las de funciones que la página tomó antes de engancharse.",
    "too-many": "La página crea más de lo que se guarda.",
  },
};

export const LANGUAGES = { en, zh, hi, es };

/** The language of a tag such as `es-MX` (BCP 47), or English; as the app chooses it. */
export function languageOf(tag: string): keyof typeof LANGUAGES {
  const language = tag.split("-")[0]!.toLowerCase();
  return Object.hasOwn(LANGUAGES, language) ? language as keyof typeof LANGUAGES : "en";
}

const KEPT = "language";

/** The app keeps the language that it spoke last (profiler-ui/web/host.js), for all pages of the extension. */
function keptLanguage(): string | null {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    // A browser that lets pages keep nothing; or no page at all.
    return null;
  }
}

let language: keyof typeof LANGUAGES = languageOf(keptLanguage() ?? globalThis.navigator?.language ?? "en");
export let strings: Strings = LANGUAGES[language];

/** Puts the texts into a page's elements that ask for one by `data-text`. */
export function translate(document: Document): void {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll<HTMLElement>("[data-text]")) {
    const text = strings[element.dataset.text as keyof Strings];
    if (typeof text === "string") element.textContent = text;
  }
}

/** Speaks as the app does, on this page and from now on; `changed` says anew what was said. */
export function followApp(document: Document, changed: () => void): void {
  addEventListener("app-language", (event) => {
    language = languageOf(String((event as CustomEvent<unknown>).detail));
    strings = LANGUAGES[language];
    translate(document);
    changed();
  });
}

//! Twenty invented reports and the work on them. Names and numbers are visibly synthetic; nothing here happened to
//! anybody.

use self::Event::{Analyst, LastAnalyst, Officer, Reporter};
use crate::cli::demo::analyst::AnalystAction::{self, AskValidation, Message, Note, Recuse, State as To};
use crate::cli::demo::officer::OfficerAction::{self, Check, Decide, Unseal, Verdict as Say};
use crate::domain::desk::Outcome;
use crate::domain::facets::Verdict;
use crate::domain::state::State;

/// A request of a reporter about their own data.
pub(super) enum ReporterRequest {
    /// Corrects the data: another phone number.
    Correct(&'static str),
    Erase,
}

/// One report, and the actions of analysts on its first day.
pub(super) struct Story {
    pub(super) days_ago: i64,
    pub(super) kind: &'static str,
    pub(super) category: &'static str,
    /// Two digits.
    pub(super) province: &'static str,
    /// `me`, `other` or `general`.
    pub(super) whom: &'static str,
    pub(super) text: &'static str,
    pub(super) work: &'static [AnalystAction],
    /// Its receipt is printed with the demo's addresses.
    pub(super) receipt_to_try: bool,
    /// Names and contents of what its reporter attaches.
    pub(super) files: &'static [(&'static str, &'static [u8])],
}

/// A photograph of a receipt that nobody ever got, with an invented place and camera for the cleaner to find.
const RECEIPT: &[u8] = include_bytes!("recibo.jpg");
const FILES: &[(&str, &[u8])] = &[("recibo.jpg", RECEIPT), ("cobros.txt", LIST.as_bytes())];
const LIST: &str = "Lista inventada de cobros\n\nlunes   20,00  turno adelantado\nmartes   5,00  formulario gratuito\n";

const fn story(
    days_ago: i64,
    (kind, category): (&'static str, &'static str),
    province: &'static str,
    whom: &'static str,
    text: &'static str,
    work: &'static [AnalystAction],
) -> Story {
    Story {
        days_ago,
        kind,
        category,
        province,
        whom,
        text,
        work,
        receipt_to_try: days_ago == 12,
        files: if days_ago == 12 || days_ago == 2 { FILES } else { &[] },
    }
}

pub(super) const STORIES: [Story; 20] = [
    story(
        34,
        ("queja", "demoras"),
        "17",
        "me",
        "Llevo cuatro meses esperando una cita con traumatología. Cada vez que llamo me dicen que vuelva a llamar el lunes.",
        &[
            To(State::InReview, "Se revisa la agenda del servicio."),
            Message("Gracias por avisar. ¿Recuerda la fecha de su primera llamada?"),
            To(State::Resolved, "Cita asignada por la unidad."),
        ],
    ),
    story(
        30,
        ("denuncia", "coima"),
        "09",
        "me",
        "En la ventanilla de préstamos me pidieron cincuenta dólares para que el trámite salga esta semana. Me dijeron que pagara en efectivo y sin recibo.",
        &[
            To(State::InReview, "Hay indicios; se pide más información."),
            Note("Coincide con otros dos casos de la misma ventanilla."),
            AskValidation("Por favor validar la identidad antes de remitir el caso."),
        ],
    ),
    story(
        28,
        ("queja", "desabastecimiento"),
        "01",
        "other",
        "A mi madre le recetaron insulina y en la farmacia del hospital no hay desde hace tres semanas. La compramos afuera cada vez.",
        &[To(State::InReview, "Se consulta a bodega.")],
    ),
    story(
        26,
        ("denuncia", "robo-medicinas"),
        "09",
        "general",
        "Los viernes en la tarde salen cajas de medicinas por la puerta de carga en un carro particular. Lo he visto tres veces.",
        &[
            To(State::InReview, "Se abre investigación."),
            Message("Su información es valiosa. ¿Recuerda el color del carro o a qué hora sale?"),
            To(State::WaitingForReporter, "Se espera respuesta de quien reporta."),
        ],
    ),
    story(
        24,
        ("queja", "mal-trato"),
        "13",
        "me",
        "En emergencias me gritaron delante de todos por preguntar cuánto faltaba. No pido dinero, pido respeto.",
        &[],
    ),
    story(
        22,
        ("queja", "instalaciones"),
        "08",
        "me",
        "Los baños del segundo piso están cerrados desde hace un mes y no hay agua en los lavabos.",
        &[
            To(State::InReview, "Se pide informe a mantenimiento."),
            To(State::Resolved, "Baños reabiertos el viernes."),
            To(State::Closed, "Sin observaciones."),
        ],
    ),
    story(
        20,
        ("denuncia", "venta-de-cargos"),
        "17",
        "general",
        "Ofrecen puestos de auxiliar por dos mil dólares. El contacto lo da una persona de talento humano a la salida.",
        &[
            To(State::InReview, "Prioridad alta."),
            AskValidation("Validar identidad: se necesita declaración."),
        ],
    ),
    story(
        18,
        ("queja", "turnos"),
        "11",
        "me",
        "La página da turnos a las cuatro de la mañana y a las cuatro y cinco ya no hay. Llevo dos semanas intentando.",
        &[],
    ),
    story(
        16,
        ("denuncia", "facturacion"),
        "09",
        "me",
        "En mi historia aparece una tomografía que nunca me hicieron. La clínica la cobró al instituto.",
        &[To(State::InReview, "Se solicita la factura.")],
    ),
    story(
        14,
        ("queja", "capacidad"),
        "12",
        "other",
        "Mi papá estuvo dos días en una silla de ruedas en el pasillo porque no había camas.",
        &[],
    ),
    story(
        12,
        ("denuncia", "venta-de-medicinas"),
        "24",
        "me",
        "Me cobraron veinte dólares por una caja que dice \"Prohibida su venta\". Tengo la caja.",
        &[
            To(State::InReview, "Se pide conservar la caja."),
            Message("Por favor conserve la caja y no la entregue a nadie. ¿Tiene el recibo?"),
        ],
    ),
    story(
        11,
        ("queja", "tramites"),
        "06",
        "me",
        "Mi trámite de jubilación está detenido desde julio y nadie me dice qué falta.",
        &[],
    ),
    story(
        9,
        ("queja", "demoras"),
        "18",
        "me",
        "Tres veces me cambiaron la fecha de la ecografía sin avisarme.",
        &[To(State::InReview, "Se verifica la agenda.")],
    ),
    story(
        8,
        ("denuncia", "coima"),
        "17",
        "me",
        "Para adelantar la cirugía me pidieron \"una colaboración\". Me mandaron un número de cuenta por mensaje.",
        &[],
    ),
    story(
        6,
        ("queja", "mal-trato"),
        "21",
        "other",
        "A una vecina mayor no la atendieron porque no traía copia a color de la cédula.",
        &[],
    ),
    story(
        5,
        ("denuncia", "robo-medicinas"),
        "07",
        "general",
        "En el inventario de bodega faltan ampollas cada fin de mes y el registro se corrige a mano.",
        &[],
    ),
    story(
        4,
        ("queja", "desabastecimiento"),
        "10",
        "me",
        "No hay tiras para medir la glucosa desde octubre.",
        &[],
    ),
    story(
        3,
        ("queja", "instalaciones"),
        "20",
        "me",
        "El ascensor no funciona y subimos en brazos a una paciente al tercer piso.",
        &[],
    ),
    story(
        2,
        ("denuncia", "otra-denuncia"),
        "09",
        "general",
        "Un proveedor entra cada semana a la oficina de compras fuera de horario.",
        &[],
    ),
    story(
        1,
        ("queja", "turnos"),
        "17",
        "me",
        "Pedí turno para pediatría y me dieron para dentro de cinco meses. Mi hijo tiene dos años.",
        &[],
    ),
];

/// An event on a later day than the report itself.
pub(super) struct LaterEvent {
    pub(super) days_ago: i64,
    /// The report, by how many days ago it came.
    pub(super) of: i64,
    pub(super) event: Event,
}

pub(super) enum Event {
    /// The first of the area's analysts, or the last.
    Analyst(AnalystAction),
    LastAnalyst(AnalystAction),
    Officer(OfficerAction),
    Reporter(ReporterRequest),
}

const fn later(days_ago: i64, of: i64, event: Event) -> LaterEvent {
    LaterEvent { days_ago, of, event }
}

/// From the oldest to the newest.
pub(super) const LATER: [LaterEvent; 19] = [
    // The person does not answer: checks and attempts over several days, and no verdict yet.
    later(19, 20, Officer(Unseal("El área necesita que la persona declare."))),
    later(19, 20, Officer(Check("registro-civil", Outcome::Matches, None))),
    later(
        19,
        20,
        Officer(Check("llamada", Outcome::NoAnswer, Some("Sonó hasta cortarse."))),
    ),
    later(17, 20, Officer(Check("correo", Outcome::NoAnswer, None))),
    later(
        16,
        20,
        Officer(Check("llamada", Outcome::WrongNumber, Some("Contestó otra persona."))),
    ),
    // An analyst who knows somebody lets go; the area has another one.
    later(13, 14, LastAnalyst(Recuse("knows", "Conozco a quien estaba de turno."))),
    later(13, 14, Analyst(To(State::InReview, "Sigue otra persona del área."))),
    // Opened and found right; since then corrected by the reporter: the receipt to try.
    later(
        11,
        12,
        Analyst(AskValidation(
            "Para pedir el recibo de pago hace falta validar la identidad.",
        )),
    ),
    later(
        10,
        12,
        Officer(Unseal("El área pide validar la identidad para seguir con el caso.")),
    ),
    later(10, 12, Officer(Check("registro-civil", Outcome::Matches, None))),
    later(10, 12, Officer(Check("llamada", Outcome::NoAnswer, None))),
    later(
        9,
        12,
        Officer(Check("llamada", Outcome::Reached, Some("Confirmó sus datos."))),
    ),
    later(9, 12, Officer(Say(Verdict::Valid, "Documento y llamada coinciden."))),
    // Erased at the reporter's request; asked for and not decided; asked for and refused.
    later(8, 28, Reporter(ReporterRequest::Erase)),
    later(6, 28, Officer(Decide("pedido-del-titular"))),
    later(5, 30, Reporter(ReporterRequest::Erase)),
    later(4, 30, Officer(Decide("validacion-en-curso"))),
    later(3, 12, Reporter(ReporterRequest::Correct("0990999001"))),
    later(2, 16, Reporter(ReporterRequest::Erase)),
];
